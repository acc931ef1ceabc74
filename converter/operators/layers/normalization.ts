import { toChannelsFirst, toChannelsLast } from "../../emit/layout.js";
import { reduce } from "../../emit/reduce.js";
import { float } from "../../graph/attributes.js";
import { float32, full, reshaped, scalar } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";

/** In use, batch normalisation is y = scale x + offset along one axis (Ioffe and Szegedy 2015, algorithm 2). */
registerLayer(
  "BatchNormalization",
  (layer) => {
    const { b, x, config } = layer;
    const rank = x.shape.length;
    const axis = (config.number("axis", -1) + rank) % rank;
    const mean = layer.weight("moving_mean", 1);
    const parameters = [
      config.boolean("scale", true) ? layer.weight("gamma", 1) : full(mean.shape, 1),
      config.boolean("center", true) ? layer.weight("beta", 1) : full(mean.shape, 0),
      mean,
      layer.weight("moving_variance", 1),
    ];
    const epsilon = config.number("epsilon", 1e-3);
    const channelsLast = rank === 4 && axis === rank - 1;
    if (axis === 1 || channelsLast) {
      const names = ["gamma", "beta", "moving_mean", "moving_variance"];
      const constants = parameters.map((tensor, i) => b.constant(tensor, names[i]));
      const normalize = (input: typeof x) =>
        b.add("BatchNormalization", [input, ...constants], { epsilon: float(epsilon) });
      return channelsLast && axis !== 1 ? toChannelsLast(b, normalize(toChannelsFirst(b, x))) : normalize(x);
    }
    const { scale, offset } = affine(parameters as [Tensor, Tensor, Tensor, Tensor], epsilon);
    const shape = x.shape.map((_, i) => (i === axis ? mean.shape[0]! : 1)).slice(axis);
    const scaled = b.add("Mul", [x, b.constant(reshaped(scale, shape), "scale")]);
    return b.add("Add", [scaled, b.constant(reshaped(offset, shape), "offset")]);
  },
  {
    masking: "passes",
    becomes: "BatchNormalization, folded into a convolution before it; Mul and Add along inner axes",
  },
);

/** gamma (x - mean) / sqrt(variance + epsilon) + beta as scale x + offset */
export function affine([gamma, beta, mean, variance]: [Tensor, Tensor, Tensor, Tensor], epsilon: number) {
  const [g, o, m, v] = [gamma, beta, mean, variance].map((tensor) => tensor.data as Float32Array);
  const scale = Float32Array.from(g!, (value, i) => value / Math.sqrt(v![i]! + epsilon));
  const offset = Float32Array.from(o!, (value, i) => value - (m![i]! * g![i]!) / Math.sqrt(v![i]! + epsilon));
  return { scale: float32(scale), offset: float32(offset) };
}

/**
 * (x - mean) / sqrt(variance + epsilon) * gamma + beta over the given axes (Ba et al. 2016, eq. 4). Parameters are read in
 * the order of the tensor's axes, in whatever order the configuration lists these, as tfjs does.
 */
registerLayer(
  "LayerNormalization",
  (layer) => {
    const { b, x, config } = layer;
    const rank = x.shape.length;
    const given = config.raw("axis") ?? -1;
    const axes = (Array.isArray(given) ? config.numbers("axis", undefined) : [config.number("axis", -1)])
      .map((axis) => (axis + rank) % rank)
      .sort((a, b) => a - b);
    const first = axes[0]!;
    const trailing = axes.length === rank - first;
    const shape = axes.map((axis) => x.shape[axis]!);
    const known = shape.every((extent) => typeof extent === "number");
    if (trailing && known) return fused(layer, shape, first);
    const epsilon = b.constant(scalar(config.number("epsilon", 1e-3)), "epsilon");
    const centred = b.add("Sub", [x, reduce(b, "ReduceMean", x, axes, true)]);
    const variance = reduce(b, "ReduceMean", b.add("Mul", [centred, centred]), axes, true);
    let y = b.add("Div", [centred, b.add("Sqrt", [b.add("Add", [variance, epsilon])])]);
    const spread = x.shape.map((extent, i) => (axes.includes(i) ? (extent as number) : 1));
    const parameter = (name: string) => b.constant(reshaped(layer.weight(name), spread), name);
    if (config.boolean("scale", true)) y = b.add("Mul", [y, parameter("gamma")]);
    if (config.boolean("center", true)) y = b.add("Add", [y, parameter("beta")]);
    return y;
  },
  { masking: "passes", becomes: "LayerNormalization of the last axes; ReduceMean and arithmetic of others" },
);

function fused(layer: LayerContext, shape: number[], axis: number) {
  const { b, x, config } = layer;
  const gamma = config.boolean("scale", true) ? reshaped(layer.weight("gamma"), shape) : full(shape, 1);
  const inputs = [x, b.constant(gamma, "gamma")];
  if (config.boolean("center", true)) inputs.push(b.constant(reshaped(layer.weight("beta"), shape), "beta"));
  const attributes = { axis: axis - x.shape.length, epsilon: float(config.number("epsilon", 1e-3)) };
  return b.add("LayerNormalization", inputs, attributes);
}
