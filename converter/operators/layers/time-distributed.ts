import { reshape } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { registerLayer } from "../../read/layers-model/registry.js";
import { wrappedLayer } from "./wrapped.js";

/** Layers that work on the last axes alone, whatever stands before them. */
const ANY_RANK = new Set([
  "Dense",
  "Activation",
  "Dropout",
  "ReLU",
  "LeakyReLU",
  "ELU",
  "ThresholdedReLU",
  "Rescaling",
]);

/** The wrapped layer on every time step: [N, T, …] -> [N, T, …] */
registerLayer(
  "TimeDistributed",
  (layer) => {
    const { b, x } = layer;
    const { className, config } = wrappedLayer(layer);
    if (ANY_RANK.has(className)) return layer.inner({ className, config, inputs: [x] });
    const [, time, ...rest] = x.shape;
    if (typeof time !== "number" || rest.some((extent) => typeof extent !== "number")) {
      throw layer.unsupported(`${className} over a time or shape that is not fixed`);
    }
    const steps = reshape(b, x, [-1, ...(rest as number[])]); // [N x T, …]
    const [y, ...more] = layer.inner({ className, config, inputs: [steps] }) as [Value, ...Value[]];
    if (more.length > 0 || y.shape.slice(1).some((extent) => typeof extent !== "number")) {
      throw layer.unsupported(`what ${className} gives`);
    }
    return reshape(b, y, [-1, time, ...(y.shape.slice(1) as number[])]);
  },
  { masking: "reads" },
);
