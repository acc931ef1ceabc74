import * as ort from "onnxruntime-node";
import type { GraphBuilder, Value } from "../converter/graph/builder.js";
import { float32, sizeOf } from "../converter/graph/tensor.js";
import type { Graph } from "../converter/graph/types.js";
import type { Sample } from "../converter/quantize/index.js";
import { writeOnnx } from "../converter/write/onnx.js";
import { noise } from "./conversion.js";

/** Numbers between -1 and 1, the same each time. */
export function values(shape: number[], seed: number): { dtype: string; shape: number[]; data: Float32Array } {
  const next = noise(seed);
  return { dtype: "float32", shape, data: Float32Array.from({ length: sizeOf(shape) }, next) };
}

export const constant = (b: GraphBuilder, shape: number[], seed: number, name?: string) =>
  b.constant(float32(values(shape, seed).data, shape), name);

export function finish(b: GraphBuilder, outputs: Record<string, Value>): Graph {
  const list = Object.entries(outputs).map(([name, value]) => ({ name, value }));
  return b.finish("graph", list, { doc: undefined, metadata: {} });
}

export const samplesOf = (shape: number[], count = 8, name = "x"): Sample[] =>
  Array.from({ length: count }, (_, i) => ({ [name]: values(shape, i + 1) }));

export const count = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op === op).length;

/** The nodes as they stand, none of them joined: exact on every processor, also where it lacks VNNI. */
export async function runPlainly(graph: Graph, sample: Sample): Promise<Record<string, ort.Tensor>> {
  const options = { graphOptimizationLevel: "disabled", logSeverityLevel: 3 } as const;
  const session = await ort.InferenceSession.create(writeOnnx(graph), options);
  const feeds = Object.entries(sample).map(([name, { data, shape }]) => {
    return [name, new ort.Tensor("float32", data as Float32Array, shape)] as const;
  });
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return results as Record<string, ort.Tensor>;
}
