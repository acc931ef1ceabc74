import { type Graph, type Node, reads } from "../graph/types.js";
import { removeDeadCode } from "./dead-code.js";

/**
 * Leaves out what bodies make and nobody reads: results of If, scan outputs of Loop, and variables of Loop that serve
 * themselves alone. Changes the graph in place.
 */
export function dropUnusedVariables(graph: Graph): void {
  const used = new Set([...graph.outputs.map((output) => output.name), ...graph.kept, ...graph.nodes.flatMap(reads)]);
  for (const node of graph.nodes) {
    if (node.domain !== "" || node.outputs.every((name) => used.has(name))) continue;
    const wanted = node.outputs.map((name) => used.has(name));
    if (node.op === "If") dropResults(node, wanted);
    if (node.op === "Loop") dropVariables(node, wanted);
  }
  removeDeadCode(graph);
}

function dropResults(node: Node, wanted: boolean[]): void {
  node.outputs = node.outputs.filter((_, i) => wanted[i]);
  for (const attribute of Object.values(node.attributes)) {
    if (attribute.type !== "graph") continue;
    const body = attribute.value;
    body.outputs = body.outputs.filter((_, i) => wanted[i]);
    removeDeadCode(body);
  }
}

function dropVariables(node: Node, wanted: boolean[]): void {
  const attribute = node.attributes.body;
  if (attribute?.type !== "graph") return;
  const body = attribute.value;
  const variables = node.inputs.length - 2;
  for (let grown = true; grown; ) {
    grown = false;
    const needed = neededBy(body, [body.outputs[0]!.name, ...namesOf(body.outputs.slice(1), wanted)]);
    for (let i = 0; i < variables; i++) {
      if (wanted[i] || !needed.has(body.inputs[i + 2]!.name)) continue;
      wanted[i] = true;
      grown = true;
    }
  }
  const stays = (i: number) => i < 0 || i >= variables || wanted[i];
  node.inputs = node.inputs.filter((_, i) => stays(i - 2));
  node.outputs = node.outputs.filter((_, i) => wanted[i]);
  body.inputs = body.inputs.filter((_, i) => stays(i - 2));
  body.outputs = body.outputs.filter((_, i) => i === 0 || wanted[i - 1]);
  removeDeadCode(body);
}

const namesOf = (values: { name: string }[], wanted: boolean[]) =>
  values.filter((_, i) => wanted[i]).map((value) => value.name);

/** Every tensor that some need. */
function neededBy(body: Graph, results: string[]): Set<string> {
  const makers = new Map(body.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const needed = new Set<string>();
  const open = [...results];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    const maker = makers.get(name);
    if (maker) open.push(...reads(maker));
  }
  return needed;
}
