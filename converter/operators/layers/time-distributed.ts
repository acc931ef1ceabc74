import { scan } from "../../emit/scan.js";
import { reshape } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";
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

/** The wrapped layer or model on every time step: [N, T, …] -> [N, T, …] */
registerLayer(
  "TimeDistributed",
  (layer) => {
    const { b, x } = layer;
    const { className } = wrappedLayer(layer);
    if (ANY_RANK.has(className)) return step(layer, x);
    const [, time, ...rest] = x.shape;
    if (typeof time !== "number" || rest.some((extent) => typeof extent !== "number")) return stepwise(layer, x);
    const y = step(layer, reshape(b, x, [-1, ...(rest as number[])])); // [N x T, …]
    if (y.shape.slice(1).some((extent) => typeof extent !== "number")) return stepwise(layer, x);
    return reshape(b, y, [-1, time, ...(y.shape.slice(1) as number[])]);
  },
  {
    masking: "passes",
    becomes: "the layer on [N x T, …]; where T or an extent is free, the layer in the body of a Scan",
    limits: "a wrapped layer that reads the mask of the whole sequence is refused; so is a stateful one",
  },
);

const stepwise = (layer: LayerContext, x: Value): Value =>
  scan(layer.b, [], [{ value: x, axis: 1 }], (body, _, [slice]) => ({
    states: [],
    made: [step(layer.inBody(body), slice!)],
  })).made[0]!;

/** The wrapped layer on one step, or on many that look like a batch. */
function step(layer: LayerContext, x: Value): Value {
  const { className, config } = wrappedLayer(layer);
  if (config.stateful === true) throw layer.unsupported(`its ${className} keeps its state`);
  const readMask = () => {
    if (layer.readMask()) {
      throw layer.unsupported(`its ${className} reads a mask, and TensorFlow.js hands it that of the whole sequence`);
    }
    return undefined;
  };
  const [y, ...more] = layer.inner({ className, config, inputs: [x], readMask }) as [Value, ...Value[]];
  if (more.length > 0) throw layer.unsupported(`its ${className} gives ${1 + more.length} outputs`);
  return y;
}
