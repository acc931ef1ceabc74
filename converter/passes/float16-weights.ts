import { cloneGraph } from "../graph/clone.js";
import { ELEMENT_TYPES } from "../graph/element-types.js";
import { float32ToFloat16 } from "../graph/float16.js";
import { Names } from "../graph/names.js";
import { sizeOf } from "../graph/tensor.js";
import type { Graph, Node } from "../graph/types.js";

/** Constants of fewer elements (biases, scales) stay as they are: they take no room, and they shift every output. */
const SMALLEST = 1024;
/** The largest finite half. */
const LARGEST = 65504;

/**
 * The graph with its large float32 constants stored in half the bytes, each widened again by a Cast: arithmetic stays in
 * float32, so that it runs everywhere. Constants with values beyond the range of half floats stay.
 */
export function toFloat16Weights(graph: Graph): Graph {
  const result = cloneGraph(graph);
  const names = new Names([...result.types.keys(), ...result.initializers.keys(), ...result.kept]);
  for (const node of result.nodes) for (const name of node.outputs) names.has(name) || names.unique(name);
  const nodeNames = new Names(result.nodes.map((node) => node.name));
  const casts: Node[] = [];
  const initializers: typeof result.initializers = new Map();
  for (const [name, tensor] of result.initializers) {
    const data = tensor.data as Float32Array;
    if (tensor.dtype !== "float32" || sizeOf(tensor.shape) < SMALLEST || !data.every(fits)) {
      initializers.set(name, tensor);
      continue;
    }
    const stored = names.unique(`${name}.fp16`);
    initializers.set(stored, { dtype: "float16", shape: tensor.shape, data: float32ToFloat16(data) });
    result.types.set(stored, { dtype: "float16", shape: tensor.shape });
    casts.push({
      name: nodeNames.unique(`${name}/Cast`),
      op: "Cast",
      domain: "",
      inputs: [stored],
      outputs: [name],
      attributes: { to: { type: "int", value: ELEMENT_TYPES.float32 } },
    });
  }
  result.initializers = initializers;
  result.nodes.unshift(...casts);
  return result;
}

const fits = (value: number) => Math.abs(value) <= LARGEST;
