import { ShowtellError } from "../../errors/index.js";
import { channelsLastOrder } from "../emit/layout.js";
import { Names } from "../graph/names.js";
import { renamed } from "../graph/rename.js";
import type { Graph } from "../graph/types.js";

/** Operators that take [N, C, H, W]: an input that they read directly lies so already. */
const CHANNELS_FIRST = new Set([
  "Conv",
  "ConvTranspose",
  "MaxPool",
  "AveragePool",
  "GlobalAveragePool",
  "GlobalMaxPool",
]);

/**
 * The graph with image inputs [N, H, W, C] taken as [N, C, H, W]. A Transpose behind each restores the model's own
 * order; the passes cancel it where a convolution follows.
 * @returns the names of the inputs that were changed, too
 * @throws ShowtellError USAGE where there is no such input
 */
export function toChannelsFirstInputs(graph: Graph): { graph: Graph; changed: string[] } {
  const changed = graph.inputs.filter(({ name, shape }) => shape.length === 4 && !isChannelsFirst(graph, name));
  if (changed.length === 0) {
    const known = graph.inputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
    throw new ShowtellError("USAGE", `No input is an image of [N, height, width, channels]; the inputs are ${known}.`);
  }
  const names = new Names([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
  const nodeNames = new Names(graph.nodes.map((node) => node.name));
  const inner = new Map(changed.map(({ name }) => [name, names.unique(`${name}_nhwc`)]));
  const result = renamed(graph, (old) => inner.get(old) ?? old);
  const inputs = graph.inputs.map((input) => {
    if (!inner.has(input.name)) return input;
    const [n, h, w, c] = input.shape;
    return { ...input, shape: [n!, c!, h!, w!] };
  });
  for (const { name, dtype, shape } of inputs) result.types.set(name, { dtype, shape });
  const transposes = [...inner].map(([name, made]) => ({
    name: nodeNames.unique(`${name}/Transpose`),
    op: "Transpose",
    domain: "",
    inputs: [name],
    outputs: [made],
    attributes: { perm: { type: "ints" as const, value: channelsLastOrder(4) } },
  }));
  return { graph: { ...result, inputs, nodes: [...transposes, ...result.nodes] }, changed: [...inner.keys()] };
}

const isChannelsFirst = (graph: Graph, input: string) =>
  graph.nodes.some((node) => node.inputs[0] === input && CHANNELS_FIRST.has(node.op));
