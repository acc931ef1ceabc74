import { AttributeProto_AttributeType as AttributeType, type GraphProto, type NodeProto } from "onnx-buf";
import { nodeFaults } from "./nodes.js";
import { type FileSize, tensorFaults } from "./tensors.js";

/** What holds for a whole file. */
export interface Surroundings {
  /** Versions of the operator sets, by domain. */
  opsets: ReadonlyMap<string, number>;
  fileSize: FileSize;
}

/**
 * What is wrong with how a graph is put together: names written twice or never, read before they are written, constants
 * that do not fit their shapes, nodes that do not fit their operators; and the same in each body graph.
 * @param outside names that the graphs around a body have written before it
 */
export function structureFaults(
  graph: GraphProto,
  around: Surroundings,
  outside: ReadonlySet<string> = new Set(),
): string[] {
  const faults: string[] = [];
  const written = new Set(outside);
  const own = new Set<string>();
  const write = (name: string, what: string) => {
    if (own.has(name)) faults.push(`"${name}" is written twice, the second time by ${what}`);
    else if (outside.has(name)) faults.push(`"${name}" of ${what} is written outside of the body "${graph.name}" too`);
    own.add(name);
    written.add(name);
  };
  const inputs = new Set<string>();
  for (const { name } of graph.input) {
    if (name === "") faults.push(`the graph "${graph.name}" has an input without a name`);
    inputs.add(name);
    write(name, "an input");
  }
  for (const tensor of graph.initializer) {
    if (tensor.name === "") faults.push(`the graph "${graph.name}" has a constant without a name`);
    // An input may have a constant for where it is not given.
    if (!inputs.has(tensor.name)) write(tensor.name, "a constant");
    faults.push(...tensorFaults(tensor, `constant "${tensor.name}"`, around.fileSize));
  }
  const later = new Set(graph.node.flatMap(({ output }) => output));
  const nodeNames = new Set<string>();
  for (const node of graph.node) {
    if (node.name !== "" && nodeNames.has(node.name)) faults.push(`two nodes are called "${node.name}"`);
    nodeNames.add(node.name);
    const what = `node "${node.name}" (${node.opType})`;
    for (const name of node.input) {
      if (name === "" || written.has(name)) continue;
      faults.push(`${what} reads "${name}", which ${later.has(name) ? "is written after it" : "nothing writes"}`);
    }
    faults.push(...operatorFaults(node, what, around), ...bodyFaults(node, what, around, written));
    for (const name of node.output) if (name !== "") write(name, what);
  }
  for (const { name } of graph.output) {
    if (!written.has(name)) faults.push(`output "${name}" of the graph "${graph.name}" is not made`);
  }
  return faults;
}

function operatorFaults(node: NodeProto, what: string, { opsets, fileSize }: Surroundings): string[] {
  const domain = node.domain === "ai.onnx" ? "" : node.domain;
  const opset = opsets.get(domain);
  if (opset === undefined) return [`${what} is of the operator set "${node.domain}", which the file does not name`];
  const tensors = node.attribute.flatMap(({ name, type, t }) =>
    type === AttributeType.TENSOR && t ? tensorFaults(t, `the attribute ${name} of ${what}`, fileSize) : [],
  );
  return domain === "" ? [...nodeFaults(node, opset), ...tensors] : tensors;
}

function bodyFaults(node: NodeProto, what: string, around: Surroundings, written: ReadonlySet<string>): string[] {
  return node.attribute.flatMap(({ name, type, g }) => {
    if (type !== AttributeType.GRAPH) return [];
    if (!g) return [`the attribute ${name} of ${what} holds no graph`];
    return [...portFaults(node, what, name, g), ...structureFaults(g, around, written)];
  });
}

/** Inputs and outputs of a body must be as many as its node hands on. */
function portFaults(node: NodeProto, what: string, name: string, body: GraphProto): string[] {
  const [ins, outs] = [body.input.length, body.output.length];
  const wanted: [number, number] | undefined =
    node.opType === "If"
      ? [0, node.output.length]
      : node.opType === "Loop"
        ? [Math.max(2, node.input.length), node.output.length + 1]
        : undefined;
  if (!wanted || node.domain !== "" || (ins === wanted[0] && outs === wanted[1])) return [];
  return [`${name} of ${what} has ${ins} inputs and ${outs} outputs; ${wanted.join(" and ")} are wanted`];
}
