import type { io, LayersModel } from "@tensorflow/tfjs";
import { ShowtellError } from "../../../errors/index.js";

type Call = LayersModel["inboundNodes"][number];

/**
 * What a live model would save.
 *
 * Arguments of calls that are tensors, such as a recurrent layer's initial states, stand among the call's inputs already;
 * tfjs warns on the console that it cannot save them once more, so they are out of its sight meanwhile.
 */
export async function artifactsOf(model: LayersModel): Promise<io.ModelArtifacts> {
  let saved: io.ModelArtifacts | undefined;
  const hidden = callsOf(model).filter((call) => !isSerializable(call.callArgs));
  const args = hidden.map((call) => call.callArgs);
  for (const call of hidden) call.callArgs = {};
  try {
    await model.save({
      save: async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
      },
    });
  } finally {
    for (const [i, call] of hidden.entries()) call.callArgs = args[i];
  }
  if (!saved) throw new ShowtellError("CONVERT_INVALID_MODEL", "The model gave nothing to save.");
  return saved;
}

/** The calls of all layers, also of those in inner models. */
function callsOf(model: LayersModel): Call[] {
  return model.layers.flatMap((layer) => [
    ...layer.inboundNodes,
    ...("layers" in layer ? callsOf(layer as LayersModel) : []),
  ]);
}

function isSerializable(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
