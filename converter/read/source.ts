import type { GraphModel, io, LayersModel } from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import { artifactsOf } from "./layers-model/live.js";

/** Whatever a tfjs model can be held as: live, as artifacts, or behind a handler that loads them. */
export type ModelSource = LayersModel | GraphModel | io.ModelArtifacts | io.IOHandler | io.IOHandlerSync;

/**
 * The artifacts of a model.
 * @throws ShowtellError CONVERT_INVALID_MODEL
 */
export async function artifactsFrom(source: ModelSource): Promise<io.ModelArtifacts> {
  const artifacts = await held(source);
  if (typeof artifacts !== "object" || artifacts === null) {
    throw new ShowtellError("CONVERT_INVALID_MODEL", "This is no TensorFlow.js model, nor its artifacts.");
  }
  if (artifacts.weightData || !artifacts.getWeightStream) return artifacts;
  return { ...artifacts, weightData: await collect(artifacts.getWeightStream()) };
}

async function held(source: ModelSource): Promise<io.ModelArtifacts> {
  if (isLayersModel(source)) return artifactsOf(source);
  if (isGraphModel(source)) return savedBy(source);
  if (source && "load" in source && source.load) return source.load();
  return source as io.ModelArtifacts;
}

export function isLayersModel(source: unknown): source is LayersModel {
  return typeof source === "object" && source !== null && "predict" in source && "layers" in source;
}

export function isGraphModel(source: unknown): source is GraphModel {
  return typeof source === "object" && source !== null && "executeAsync" in source;
}

async function savedBy(model: GraphModel): Promise<io.ModelArtifacts> {
  let saved: io.ModelArtifacts | undefined;
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    },
  });
  if (!saved) throw new ShowtellError("CONVERT_INVALID_MODEL", "The model gave nothing to save.");
  return saved;
}

async function collect(stream: ReadableStream<ArrayBuffer>): Promise<ArrayBuffer[]> {
  const parts: ArrayBuffer[] = [];
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  return parts;
}
