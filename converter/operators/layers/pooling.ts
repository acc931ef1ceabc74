import { inChannelsFirst } from "../../emit/layout.js";
import { reduce } from "../../emit/reduce.js";
import { leapless, type Sliding, slidingAttributes } from "../../emit/window.js";
import { type LowerLayer, registerLayer } from "../../read/layers-model/registry.js";

const pool =
  (op: "MaxPool" | "AveragePool", rank: 1 | 2 | 3): LowerLayer =>
  (layer) => {
    const { b, x, config, unsupported } = layer;
    const padding = config.word("padding", "valid");
    if (padding !== "same" && padding !== "valid") throw unsupported(`padding ${padding}`);
    const kernel = config.numbers("poolSize", rank, 2);
    const strides = config.numbers("strides", rank, kernel);
    const window: Sliding = { kernel, strides, dilations: kernel.map(() => 1), padding };
    return inChannelsFirst(b, x, config.word("dataFormat", "channelsLast"), (first) => {
      const { x: read, sliding } = rank === 3 ? leapless(layer, first, window) : { x: first, sliding: window };
      return b.add(op, [read], slidingAttributes(read, sliding));
    });
  };

for (const rank of [1, 2, 3] as const) {
  registerLayer(`MaxPooling${rank}D`, pool("MaxPool", rank), { becomes: "MaxPool" });
  registerLayer(`AveragePooling${rank}D`, pool("AveragePool", rank), { becomes: "AveragePool" });
}

const globalPool2d =
  (op: "ReduceMax" | "ReduceMean"): LowerLayer =>
  ({ b, x, config }) =>
    reduce(b, op, x, config.word("dataFormat", "channelsLast") === "channelsFirst" ? [2, 3] : [1, 2]);

registerLayer("GlobalAveragePooling2D", globalPool2d("ReduceMean"), { becomes: "ReduceMean" });
registerLayer("GlobalMaxPooling2D", globalPool2d("ReduceMax"), { becomes: "ReduceMax" });
registerLayer("GlobalAveragePooling1D", ({ b, x }) => reduce(b, "ReduceMean", x, [1]), {
  becomes: "ReduceMean",
  limits: "a mask has no effect, as in TensorFlow.js",
});
registerLayer("GlobalMaxPooling1D", ({ b, x }) => reduce(b, "ReduceMax", x, [1]), { becomes: "ReduceMax" });
