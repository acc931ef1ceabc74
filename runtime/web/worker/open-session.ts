import type { InferenceSession } from "onnxruntime-web/wasm";
import { ShowtellError } from "../../../errors/index.js";
import type { OrtModule } from "./graphs.js";

/**
 * @throws ShowtellError DEVICE_UNAVAILABLE where memory does not suffice or the provider is not there, MODEL_INVALID if
 * onnxruntime cannot use the graph
 */
export async function openSession(
  { InferenceSession }: OrtModule,
  graph: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(graph, { graphOptimizationLevel: "all", logSeverityLevel: 3, ...options });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof RangeError || /out of memory|bad_alloc|\boom\b/i.test(reason)) {
      throw new ShowtellError("DEVICE_UNAVAILABLE", `There is not enough memory for the model: ${reason}`);
    }
    const code = /no available backend|webgpu|adapter/i.test(reason) ? "DEVICE_UNAVAILABLE" : "MODEL_INVALID";
    throw new ShowtellError(code, `onnxruntime cannot open the graph: ${reason}`, { cause: error });
  }
}
