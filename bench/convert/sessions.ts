import { readFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { type GraphProto, ModelProtoSchema } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { sizeOf } from "../../converter/graph/tensor.js";

/** Nodes of an ONNX file, those of bodies too. */
export function nodeCount(path: string): number {
  const count = (graph: GraphProto | undefined): number =>
    (graph?.node ?? []).reduce(
      (sum, { attribute }) => sum + 1 + attribute.reduce((inner, { g }) => inner + (g ? count(g) : 0), 0),
      0,
    );
  return count(fromBinary(ModelProtoSchema, readFileSync(path)).graph);
}

/**
 * Processor time of one run each of several ONNX files on the same numbers, on one thread, milliseconds: in turn, so that
 * what else the machine does meets all of them.
 * @param shape of the one input
 */
export async function runTimes(paths: string[], shape: number[], rounds: number): Promise<number[][]> {
  const sessions = await Promise.all(
    paths.map((path) => ort.InferenceSession.create(path, { logSeverityLevel: 3, intraOpNumThreads: 1 })),
  );
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 2654435761) % 1000) / 1000);
  const input = new ort.Tensor("float32", data, shape);
  const times: number[][] = sessions.map(() => []);
  for (let round = -2; round < rounds; round++) {
    for (const [i, session] of sessions.entries()) {
      const before = process.cpuUsage();
      await session.run({ [session.inputNames[0]!]: input });
      const { user, system } = process.cpuUsage(before);
      // The first rounds warm up.
      if (round >= 0) times[i]!.push((user + system) / 1000);
    }
  }
  for (const session of sessions) await session.release();
  return times;
}
