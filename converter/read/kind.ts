import type { io } from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";

export type ModelKind = "layers-model" | "graph-model";

const LAYERS_KEYS = ["model_config", "modelConfig", "class_name", "className"];

/**
 * Which of the two kinds of tfjs models this is: told by the topology, and by the format that the file names where the
 * topology leaves it open.
 * @throws ShowtellError CONVERT_INVALID_MODEL, CONVERT_UNSUPPORTED
 */
export function modelKind({ modelTopology, format }: Pick<io.ModelArtifacts, "modelTopology" | "format">): ModelKind {
  if (modelTopology instanceof ArrayBuffer || ArrayBuffer.isView(modelTopology)) {
    throw new ShowtellError("CONVERT_UNSUPPORTED", "Topologies in binary form cannot be read: save the model as JSON.");
  }
  if (typeof modelTopology === "object" && modelTopology !== null) {
    if (Array.isArray((modelTopology as { node?: unknown }).node)) return "graph-model";
    if (LAYERS_KEYS.some((key) => key in modelTopology)) return "layers-model";
    if (format === "layers-model" || format === "graph-model") return format;
  }
  throw new ShowtellError(
    "CONVERT_INVALID_MODEL",
    "This is no TensorFlow.js model: its modelTopology holds neither layers nor a graph's nodes.",
  );
}
