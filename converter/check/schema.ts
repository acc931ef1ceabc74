import { SCHEMAS } from "./schemas.js";

/** What an operator takes and gives in one operator set. */
export interface OperatorSchema {
  since: number;
  inputs: [least: number, most: number];
  outputs: [least: number, most: number];
  attributes: Map<string, { kind: string; required: boolean }>;
}

/** Operator sets that the table covers. */
export const COVERED = [17, 21] as const;

let table: Map<string, OperatorSchema[]> | undefined;

/**
 * The schema of an operator of ONNX's own set; `unknown` where this set has no such operator, undefined where the table
 * does not cover the set.
 */
export function schemaOf(operator: string, opset: number): OperatorSchema | "unknown" | undefined {
  if (opset < COVERED[0] || opset > COVERED[1]) return undefined;
  table ??= readTable();
  return table.get(operator)?.findLast(({ since }) => since <= opset) ?? "unknown";
}

function readTable(): Map<string, OperatorSchema[]> {
  const schemas = new Map<string, OperatorSchema[]>();
  for (const line of SCHEMAS.trim().split("\n")) {
    const [name, since, inputs, outputs, ...attributes] = line.split(" ") as [string, string, string, string];
    const schema = {
      since: Number(since),
      inputs: bounds(inputs),
      outputs: bounds(outputs),
      attributes: new Map(attributes.map(attributeOf)),
    };
    schemas.set(name, [...(schemas.get(name) ?? []), schema]);
  }
  return schemas;
}

function bounds(text: string): [number, number] {
  const [least, most = least] = text.split("-") as [string, string?];
  return [Number(least), most === "*" ? Number.POSITIVE_INFINITY : Number(most)];
}

function attributeOf(text: string): [string, { kind: string; required: boolean }] {
  const [name, kind] = text.split("=") as [string, string];
  return [name.replace("!", ""), { kind, required: name.endsWith("!") }];
}
