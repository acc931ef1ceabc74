import { clip } from "../../emit/activation.js";
import { reduce } from "../../emit/reduce.js";
import { float } from "../../graph/attributes.js";
import type { Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";

registerLayer("Activation", ({ x, activate }) => activate(x), {
  masking: "passes",
  becomes: "the operator of its activation; a few operators where ONNX has none",
});

registerLayer(
  "ReLU",
  ({ b, x, config, warn }) => {
    // tfjs takes max_value alone; Keras knows two more.
    for (const key of ["negativeSlope", "threshold"]) {
      if (config.has(key) && config.number(key) !== 0) warn(`${key} has no effect, as in TensorFlow.js`);
    }
    return config.has("maxValue") ? clip(b, x, 0, config.number("maxValue")) : b.add("Relu", [x]);
  },
  {
    masking: "passes",
    becomes: "Relu; Clip with maxValue",
    limits: "negative_slope and threshold of Keras have no effect, as in TensorFlow.js",
  },
);

registerLayer(
  "LeakyReLU",
  ({ b, x, config }) => b.add("LeakyRelu", [x], { alpha: float(config.number("alpha", 0.3)) }),
  { becomes: "LeakyRelu" },
);
registerLayer("ELU", ({ b, x, config }) => b.add("Elu", [x], { alpha: float(config.number("alpha", 1)) }), {
  becomes: "Elu",
});
registerLayer("PReLU", ({ b, x, constant }) => b.add("PRelu", [x, constant("alpha")]), {
  masking: "passes",
  becomes: "PRelu",
});
registerLayer(
  "ThresholdedReLU",
  ({ b, x, config }) => b.add("ThresholdedRelu", [x], { alpha: float(config.number("theta", 1)) }),
  { becomes: "ThresholdedRelu" },
);

registerLayer(
  "Softmax",
  (layer) => {
    const { b, config } = layer;
    const x = withoutMasked(layer);
    const axis = config.raw("axis") ?? 1;
    const axes = Array.isArray(axis) ? config.numbers("axis", undefined) : [config.number("axis", 1)];
    if (axes.length === 1) return b.add("Softmax", [x], { axis: axes[0] });
    return b.add("Exp", [b.add("Sub", [x, reduce(b, "ReduceLogSumExp", x, axes, true)])]);
  },
  {
    becomes: "Softmax; over several axes ReduceLogSumExp, Sub, Exp",
    limits: "a mask that cannot be broadcast to its input is refused, as by TensorFlow.js",
  },
);

/** A very small number is added where the mask is false, so that nothing is left of it. */
function withoutMasked(layer: LayerContext): Value {
  const { b, x, unsupported } = layer;
  const mask = layer.readMask();
  if (!mask) return x;
  const shape = x.shape.slice(x.shape.length - mask.shape.length);
  if (mask.shape.length > x.shape.length || mask.shape.some((extent, i) => extent !== shape[i] && extent !== 1)) {
    throw unsupported(`a mask of shape [${mask.shape.join(", ")}] does not fit [${x.shape.join(", ")}]`);
  }
  const [nothing, much] = [0, -1e9].map((value) => b.constant(scalar(value), "number")) as [Value, Value];
  return b.add("Add", [x, b.add("Where", [mask, nothing, much])]);
}
