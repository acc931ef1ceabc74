import { bodies, type Graph, type Tensor } from "../graph/types.js";

/** Of equal constants keeps one, for bodies too. Changes the graph in place. */
export function mergeCommonConstants(graph: Graph): void {
  const groups = new Map<string, string[]>();
  const replaced = new Map<string, string>();
  for (const [name, tensor] of graph.initializers) {
    if (graph.kept.has(name) || graph.outputs.some((output) => output.name === name)) continue;
    const key = `${tensor.dtype}[${tensor.shape}]${sample(tensor)}`;
    const candidates = groups.get(key);
    const same = candidates?.find((other) => equal(graph.initializers.get(other)!, tensor));
    if (same !== undefined) replaced.set(name, same);
    else if (candidates) candidates.push(name);
    else groups.set(key, [name]);
  }
  if (replaced.size === 0) return;
  redirect(graph, replaced);
  for (const name of replaced.keys()) {
    graph.initializers.delete(name);
    graph.types.delete(name);
  }
}

/** Nodes, also those in bodies, read a constant by its new name. */
function redirect(graph: Graph, replaced: ReadonlyMap<string, string>): void {
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map((name) => replaced.get(name) ?? name);
    for (const body of bodies(node)) redirect(body, replaced);
  }
}

/** A few elements, to tell most tensors apart without reading them whole. */
function sample({ data }: Tensor): string {
  const step = Math.max(1, Math.floor(data.length / 8));
  return Array.from({ length: Math.min(8, data.length) }, (_, i) => String(data[i * step])).join();
}

function equal(a: Tensor, b: Tensor): boolean {
  if (a.data === b.data) return true;
  if (Array.isArray(a.data) || Array.isArray(b.data)) return false;
  if (a.data.byteLength !== b.data.byteLength) return false;
  const [left, right] = [bytes(a.data), bytes(b.data)];
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

const bytes = (data: Exclude<Tensor["data"], string[]>) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
