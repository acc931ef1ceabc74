import * as tf from "@tensorflow/tfjs";
import { convert } from "../../converter/index.js";
import { quietCpu } from "../engine/quiet.js";
import type { PublishedFile } from "../published/types.js";
import type { Backbone, BackboneInput, Normalization } from "./types.js";

/** Where every network can be cut before its first layer: its input, normalised. */
export const PIXELS = "pixels";

/** A network of the registry: what it is, which files hold its weights, and how it is built. */
export interface Network {
  name: string;
  input: BackboneInput;
  normalization: Normalization;
  /** Where it may be cut, and what comes out there. */
  layers: Record<string, { grid: [rows: number, columns: number]; channels: number }>;
  defaultLayer: string;
  /** Licences and attributions of the weights. */
  notices: string[];
  /** Weight files that are searched for below each weights folder, best first. */
  files: string[];
  /** A package's file of them, which is fetched where none of these is found. */
  published?: PublishedFile;
  /** How a user gets one of these files. */
  obtain: string;
  /** Whether a file with these weight names (of a layers-model: layer names) holds this network. */
  recognises(names: string[]): boolean;
  /** Reads a weights file. `build` gives the model up to a layer, normalisation included. */
  open(path: string): Promise<OpenNetwork>;
}

export interface OpenNetwork {
  sha256: string;
  build(layer: string): Promise<tf.LayersModel>;
}

/** The backbone that an opened network gives when it is cut at `layer`. */
export function toBackbone(
  network: Omit<Network, "files" | "published" | "obtain" | "recognises" | "open" | "defaultLayer">,
  layer: string,
  opened: OpenNetwork,
): Backbone {
  const { name, normalization, input, notices } = network;
  const { grid, channels } = network.layers[layer]!;
  const build = async () => {
    // Without an engine started, the weights lie in tfjs's default, the cpu back end.
    await tf.ready();
    quietCpu();
    return opened.build(layer);
  };
  return {
    name,
    layer,
    normalization,
    input,
    grid,
    channels,
    notices,
    weightsSha256: opened.sha256,
    layersModel: build,
    async graph() {
      const model = await build();
      const flat = tf.layers.reshape({ name: "features", targetShape: [grid[0] * grid[1], channels] }); // [N, h x w, D]
      const whole = tf.model({ name, inputs: model.inputs, outputs: flat.apply(model.outputs) as tf.SymbolicTensor });
      try {
        const { graph } = await convert(whole, {
          name,
          inputs: { [model.inputNames[0]!]: { name: "image", dtype: "uint8" } },
          outputs: ["features"],
        });
        return graph;
      } finally {
        whole.dispose();
      }
    },
  };
}
