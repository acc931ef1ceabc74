import * as tf from "@tensorflow/tfjs";
import type { Trunk } from "../backbone/index.js";
import type { Decoder } from "./types.js";

/** A decoder that learns together with the upper part of its backbone: it reads what the lower part gives. */
export function fineTuned(decoder: Decoder, trunk: Trunk): Decoder {
  return {
    ...decoder,
    parameters: (config) => [...decoder.parameters(config), ...trunk.specs],
    teacherForced(parameters, batch, input, config, dropout) {
      const features = trunk.apply(parameters, input); // [N, L0, D0] -> [N, L, D]
      return decoder.teacherForced(parameters, batch, features, config, dropout);
    },
    head(config) {
      const head = decoder.head(config);
      const { locations, channels } = trunk.input;
      const input = tf.input({ shape: [locations, channels], name: "trunk_input" }); // [N, L0, D0]
      const outputs = head.apply(trunk.layers(input)) as tf.SymbolicTensor[];
      return tf.model({ name: "tuned_head", inputs: input, outputs });
    },
  };
}
