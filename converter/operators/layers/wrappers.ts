import { reshape } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { camel } from "../../read/layers-model/config.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";

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

function wrapped({ config, invalid }: LayerContext) {
  const layer = config.raw("layer") as Record<string, unknown> | undefined;
  const className = layer?.class_name ?? layer?.className;
  if (typeof className !== "string") throw invalid("it wraps no layer");
  const own = Object.entries((layer?.config ?? {}) as Record<string, unknown>);
  return { className, config: Object.fromEntries(own.map(([key, value]) => [camel(key), value])) };
}

/** The wrapped layer on every time step: [N, T, …] -> [N, T, …] */
registerLayer(
  "TimeDistributed",
  (layer) => {
    const { b, x } = layer;
    const { className, config } = wrapped(layer);
    if (ANY_RANK.has(className)) return layer.inner(className, config, [x]);
    const [, time, ...rest] = x.shape;
    if (typeof time !== "number" || rest.some((extent) => typeof extent !== "number")) {
      throw layer.unsupported(`${className} over a time or shape that is not fixed`);
    }
    const steps = reshape(b, x, [-1, ...(rest as number[])]); // [N x T, …]
    const [y, ...more] = layer.inner(className, config, [steps]) as [Value, ...Value[]];
    if (more.length > 0 || y.shape.slice(1).some((extent) => typeof extent !== "number")) {
      throw layer.unsupported(`what ${className} gives`);
    }
    return reshape(b, y, [-1, time, ...(y.shape.slice(1) as number[])]);
  },
  { masking: "reads" },
);
