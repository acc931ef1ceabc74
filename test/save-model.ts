import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";

export interface SaveOptions {
  /** Bytes of a shard; one for all without it. */
  shardBytes?: number;
  /** Whether weights are stored as uint8. */
  quantise?: boolean;
  /** Further entries of model.json. */
  entries?: object;
}

/** Writes a model as tfjs's own file handler does; returns the path of its model.json. */
export async function saveModel(model: tf.LayersModel, folder: string, options: SaveOptions = {}): Promise<string> {
  await mkdir(folder, { recursive: true });
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const floats = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      const { data, specs } = options.quantise
        ? quantised(floats, weightSpecs!)
        : { data: floats, specs: weightSpecs! };
      const paths: string[] = [];
      const step = options.shardBytes ?? Math.max(1, data.length);
      for (let start = 0; start < data.length; start += step) {
        paths.push(`shard${paths.length}.bin`);
        await writeFile(join(folder, paths.at(-1)!), data.subarray(start, start + step));
      }
      const manifest = [{ paths, weights: specs }];
      const json = { format: "layers-model", modelTopology, weightsManifest: manifest, ...options.entries };
      await writeFile(join(folder, "model.json"), JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  return join(folder, "model.json");
}

/** float32 weights as uint8 with a scale and a start each. */
function quantised(bytes: Uint8Array, specs: tf.io.WeightsManifestEntry[]) {
  const values = new Float32Array(bytes.buffer);
  const parts: Buffer[] = [];
  let at = 0;
  const changed = specs.map((spec): tf.io.WeightsManifestEntry => {
    const size = tf.util.sizeFromShape(spec.shape);
    const part = values.subarray(at, at + size);
    at += size;
    const min = Math.min(...part);
    const scale = (Math.max(...part) - min) / 255 || 1;
    parts.push(Buffer.from(Uint8Array.from(part, (value) => Math.round((value - min) / scale))));
    return { ...spec, quantization: { dtype: "uint8", min, scale } };
  });
  return { data: Buffer.concat(parts), specs: changed };
}
