import { clip } from "../../emit/activation.js";
import { reduce } from "../../emit/reduce.js";
import { float } from "../../graph/attributes.js";
import { registerLayer } from "../../read/layers-model/registry.js";

registerLayer("Activation", ({ x, activate }) => activate(x), { masking: "passes" });

registerLayer(
  "ReLU",
  ({ b, x, config, warn }) => {
    // tfjs takes max_value alone; Keras knows two more.
    for (const key of ["negativeSlope", "threshold"]) {
      if (config.has(key) && config.number(key) !== 0) warn(`${key} has no effect, as in TensorFlow.js`);
    }
    return config.has("maxValue") ? clip(b, x, 0, config.number("maxValue")) : b.add("Relu", [x]);
  },
  { masking: "passes" },
);

registerLayer("LeakyReLU", ({ b, x, config }) =>
  b.add("LeakyRelu", [x], { alpha: float(config.number("alpha", 0.3)) }),
);
registerLayer("ELU", ({ b, x, config }) => b.add("Elu", [x], { alpha: float(config.number("alpha", 1)) }));
registerLayer("PReLU", ({ b, x, constant }) => b.add("PRelu", [x, constant("alpha")]), { masking: "passes" });
registerLayer("ThresholdedReLU", ({ b, x, config }) =>
  b.add("ThresholdedRelu", [x], { alpha: float(config.number("theta", 1)) }),
);

registerLayer(
  "Softmax",
  ({ b, x, config }) => {
    const axis = config.raw("axis") ?? 1;
    const axes = Array.isArray(axis) ? config.numbers("axis", undefined) : [config.number("axis", 1)];
    if (axes.length === 1) return b.add("Softmax", [x], { axis: axes[0] });
    return b.add("Exp", [b.add("Sub", [x, reduce(b, "ReduceLogSumExp", x, axes, true)])]);
  },
  { masking: "reads" },
);
