import { ShowtellError } from "../../errors/index.js";
import type { Body, GraphBuilder, Value } from "./builder.js";
import { bodies, type Graph, type Node } from "./types.js";

/**
 * Writes a graph's nodes into one that is being built, so that a part of it, such as a loop's body, does what the graph
 * does. Types follow from what is fed; inner names stay, below `scope`.
 *
 * @param feeds value of each input, by its name
 * @returns value of each output, by its name
 * @throws ShowtellError CONVERT_UNSUPPORTED where a type cannot be told
 */
export function inline(
  b: GraphBuilder,
  graph: Graph,
  feeds: Record<string, Value>,
  scope: string,
): Record<string, Value> {
  const values = new Map(Object.entries(feeds));
  for (const [name, tensor] of graph.initializers) values.set(name, b.constant(tensor, `${scope}/${name}`));
  for (const node of graph.nodes) writeNode(b, graph, node, values, scope);
  return Object.fromEntries(graph.outputs.map(({ name }) => [name, values.get(name)!]));
}

function writeNode(b: GraphBuilder, graph: Graph, node: Node, values: Map<string, Value>, scope: string): void {
  const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
  const outputs =
    bodies(node).length > 0
      ? withBodies(b, graph, node, inputs, values, scope)
      : b.within(`${scope}/${node.name}`, () => b.addMany(node.op, inputs, node.outputs.length, node.attributes));
  for (const [i, output] of outputs.entries()) {
    const name = node.outputs[i]!;
    output.name = `${scope}/${name}`;
    values.set(name, output);
  }
}

function withBodies(
  b: GraphBuilder,
  graph: Graph,
  node: Node,
  inputs: (Value | undefined)[],
  values: Map<string, Value>,
  scope: string,
): Value[] {
  const written: Record<string, Body> = {};
  const attributes = { ...node.attributes };
  for (const [key, attribute] of Object.entries(node.attributes)) {
    if (attribute.type !== "graph") continue;
    delete attributes[key];
    const body = attribute.value;
    written[key] = b.body(body.name, (inner) => {
      const own = new Map(values);
      for (const { name, dtype, shape } of body.inputs) own.set(name, inner.input(`${scope}/${name}`, dtype, shape));
      for (const [name, tensor] of body.initializers) own.set(name, inner.constant(tensor, `${scope}/${name}`));
      for (const step of body.nodes) writeNode(inner, body, step, own, scope);
      return body.outputs.map(({ name }) => own.get(name)!);
    });
  }
  const types = node.outputs.map((name) => {
    const type = graph.types.get(name);
    if (!type) throw new ShowtellError("CONVERT_UNSUPPORTED", `The type of "${name}" in "${graph.name}" is not known.`);
    return type;
  });
  return b.within(`${scope}/${node.name}`, () => b.addWithBodies(node.op, inputs, written, types, attributes));
}
