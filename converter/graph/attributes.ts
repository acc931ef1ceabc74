import type { Attribute, Graph, Node, Tensor } from "./types.js";

/** How attributes are written in lowering code: a plain number is an integer, `float(x)` a float. */
export type AttributeValue = number | string | number[] | string[] | Attribute | Tensor | Graph | undefined;

export const float = (value: number): Attribute => ({ type: "float", value });
export const floats = (value: number[]): Attribute => ({ type: "floats", value });

/** Attributes in their typed form; undefined ones are left out. */
export function attributesOf(values: Record<string, AttributeValue>): Record<string, Attribute> {
  const result: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) result[name] = attributeOf(value);
  return result;
}

function attributeOf(value: Exclude<AttributeValue, undefined>): Attribute {
  if (typeof value === "number") return { type: "int", value };
  if (typeof value === "string") return { type: "string", value };
  if (Array.isArray(value)) {
    return typeof value[0] === "string"
      ? { type: "strings", value: value as string[] }
      : { type: "ints", value: value as number[] };
  }
  if ("type" in value) return value;
  if ("data" in value) return { type: "tensor", value };
  return { type: "graph", value };
}

/** Reads the attributes of a node with their default values. */
export function intOf(node: Pick<Node, "attributes">, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute?.type === "int" ? Number(attribute.value) : otherwise;
}

export function intsOf(node: Pick<Node, "attributes">, name: string): number[] | undefined {
  const attribute = node.attributes[name];
  return attribute?.type === "ints" ? attribute.value.map(Number) : undefined;
}

export function floatOf(node: Pick<Node, "attributes">, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute?.type === "float" ? attribute.value : otherwise;
}

export function stringOf(node: Pick<Node, "attributes">, name: string, otherwise: string): string {
  const attribute = node.attributes[name];
  return attribute?.type === "string" ? attribute.value : otherwise;
}
