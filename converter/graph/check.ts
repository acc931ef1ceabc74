import { ShowtellError } from "../../errors/index.js";
import { sizeOf } from "./tensor.js";
import { type Attribute, type Graph, reads } from "./types.js";

/** More than this many faults are not listed. */
const LISTED = 10;

/**
 * Holds a graph against the rules of ONNX's own checker: every name is written once and before it is read, nodes have
 * names of their own, constants are as long as their shapes say, and outputs exist.
 * @throws ShowtellError CONVERT_INVALID_MODEL listing what is wrong
 */
export function checkGraph(graph: Graph): void {
  const faults = faultsOf(graph, new Set());
  if (faults.length === 0) return;
  const more = faults.length > LISTED ? `; and ${faults.length - LISTED} more` : "";
  throw new ShowtellError(
    "CONVERT_INVALID_MODEL",
    `The graph "${graph.name}" is not sound: ${faults.slice(0, LISTED).join("; ")}${more}.`,
  );
}

/** Whether integers are integers: lowerings take many from models as they stand there. */
function isWhole({ type, value }: Attribute): boolean {
  if (type !== "int" && type !== "ints") return true;
  return [value].flat().every((number) => typeof number === "bigint" || Number.isSafeInteger(number));
}

function faultsOf(graph: Graph, outside: ReadonlySet<string>): string[] {
  const faults: string[] = [];
  const written = new Set(outside);
  const write = (name: string) => {
    if (written.has(name)) faults.push(`"${name}" is written twice`);
    written.add(name);
  };
  for (const input of graph.inputs) write(input.name);
  for (const [name, tensor] of graph.initializers) {
    write(name);
    const sound = tensor.shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
    if (!sound || sizeOf(tensor.shape) !== tensor.data.length) {
      faults.push(`constant "${name}" of shape [${tensor.shape}] has ${tensor.data.length} elements`);
    }
  }
  const nodes = new Set<string>();
  for (const node of graph.nodes) {
    if (nodes.has(node.name) && node.name !== "") faults.push(`two nodes are called "${node.name}"`);
    nodes.add(node.name);
    for (const name of reads(node)) {
      if (!written.has(name)) faults.push(`node "${node.name}" reads "${name}", which nothing has written before`);
    }
    for (const [key, attribute] of Object.entries(node.attributes)) {
      if (attribute.type === "graph") faults.push(...faultsOf(attribute.value, written));
      if (!isWhole(attribute)) faults.push(`node "${node.name}" has a ${key} of ${attribute.value}, no whole number`);
    }
    for (const name of node.outputs) if (name !== "") write(name);
  }
  for (const output of graph.outputs) {
    if (!written.has(output.name)) faults.push(`output "${output.name}" is not made`);
  }
  for (const [name, { shape }] of graph.types) {
    const sound = shape.every((extent) => typeof extent === "string" || (Number.isSafeInteger(extent) && extent >= 0));
    if (!sound) faults.push(`"${name}" has the impossible shape [${shape}]`);
  }
  return faults;
}
