import { sha256 } from "../../files/hash.js";
import type { ParameterSpec, ParameterValues } from "../model/types.js";
import { setLayerWeights } from "../model/weights.js";
import { toBackbone } from "./network.js";
import type { Backbone } from "./types.js";

/** A backbone with other values for some of its parameters: as fine-tuning left them. */
export function tuned(backbone: Backbone, specs: ParameterSpec[], values: ParameterValues): Backbone {
  const { layer, grid, channels, layersModel } = backbone;
  if (!layersModel) return backbone;
  const bytes = specs.map(({ name }) => {
    const { buffer, byteOffset, byteLength } = values[name];
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  return toBackbone({ ...backbone, layers: { [layer]: { grid, channels } } }, layer, {
    sha256: sha256(Buffer.concat([Buffer.from(backbone.weightsSha256, "hex"), ...bytes])),
    async build() {
      const model = await layersModel();
      setLayerWeights(model, specs, values);
      return model;
    },
  });
}
