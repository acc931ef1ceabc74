import { type AttributeProto, AttributeProto_AttributeType as AttributeType, type NodeProto } from "onnx-buf";
import { schemaOf } from "./schema.js";

const KINDS: Partial<Record<AttributeType, string>> = {
  [AttributeType.FLOAT]: "f",
  [AttributeType.INT]: "i",
  [AttributeType.STRING]: "s",
  [AttributeType.TENSOR]: "t",
  [AttributeType.GRAPH]: "g",
  [AttributeType.FLOATS]: "fs",
  [AttributeType.INTS]: "is",
  [AttributeType.STRINGS]: "ss",
};

const NAMES: Record<string, string> = {
  ...{ f: "a number", i: "an integer", s: "a string", t: "a tensor", g: "a graph" },
  ...{ fs: "numbers", is: "integers", ss: "strings" },
};

/** What a node has otherwise than its operator's schema says. */
export function nodeFaults(node: NodeProto, opset: number): string[] {
  const schema = schemaOf(node.opType, opset);
  const what = `node "${node.name}" (${node.opType})`;
  if (schema === undefined) return [];
  if (schema === "unknown") return [`${what} is no operator of opset ${opset}`];
  const faults = [
    ...countFaults(what, "inputs", node.input, schema.inputs),
    ...countFaults(what, "outputs", node.output, schema.outputs),
  ];
  const seen = new Set<string>();
  for (const attribute of node.attribute) {
    const { name } = attribute;
    if (seen.has(name)) faults.push(`${what} has two attributes ${name}`);
    seen.add(name);
    const known = schema.attributes.get(name);
    if (!known) faults.push(`${what} has an attribute ${name}, which its operator does not know in opset ${opset}`);
    else faults.push(...kindFaults(what, attribute, known.kind));
  }
  for (const [name, { required }] of schema.attributes) {
    if (required && !seen.has(name)) faults.push(`${what} lacks the attribute ${name}`);
  }
  return faults;
}

function countFaults(what: string, side: string, names: string[], [least, most]: [number, number]): string[] {
  const given = names.findLastIndex((name) => name !== "") + 1;
  if (given >= least && names.length <= most) return [];
  const wanted =
    least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
  return [`${what} has ${given < least ? given : names.length} ${side}; its operator wants ${wanted}`];
}

function kindFaults(what: string, { name, type }: AttributeProto, wanted: string): string[] {
  const found = KINDS[type];
  if (found === wanted || wanted === "?") return [];
  const is = found ? NAMES[found] : "of another kind";
  return [`the attribute ${name} of ${what} is ${is}; its operator wants ${NAMES[wanted]}`];
}
