import { inChannelsFirst } from "../../emit/layout.js";
import { unsqueeze } from "../../emit/shape.js";
import { halves, leapless, type Sliding, slidingAttributes } from "../../emit/window.js";
import type { Value } from "../../graph/builder.js";
import { int64, reshaped, transposed } from "../../graph/tensor.js";
import { type LayerContext, type LowerLayer, registerLayer } from "../../read/layers-model/registry.js";

function slidingOf({ config, unsupported }: LayerContext, rank: number): Sliding {
  const padding = config.word("padding", "valid");
  if (padding !== "same" && padding !== "valid") throw unsupported(`padding ${padding}`);
  return {
    kernel: config.numbers("kernelSize", rank),
    strides: config.numbers("strides", rank, 1),
    dilations: config.numbers("dilationRate", rank, 1),
    padding,
  };
}

const biasOf = (layer: LayerContext) =>
  layer.config.boolean("useBias", true) ? [layer.constant("bias", 1)] : ([] as Value[]);

/** [N, spatial …, in] -> [N, spatial …, filters]; kernel [spatial …, in, out] -> [out, in, spatial …] */
const convolution =
  (rank: 1 | 2 | 3): LowerLayer =>
  (layer) => {
    const { b, x, config, weight, activate } = layer;
    const format = config.word("dataFormat", "channelsLast");
    if (rank === 1 && format !== "channelsLast") throw layer.unsupported(`${format}, which tfjs gives back transposed`);
    const y = inChannelsFirst(b, x, format, (first) => {
      const spatial = Array.from({ length: rank }, (_, i) => i);
      const kernel = b.constant(transposed(weight("kernel", rank + 2), [rank + 1, rank, ...spatial]), "kernel");
      const window = slidingOf(layer, rank);
      const { x: read, sliding } = rank === 3 ? leapless(layer, first, window) : { x: first, sliding: window };
      return b.add("Conv", [read, kernel, ...biasOf(layer)], slidingAttributes(read, sliding));
    });
    return activate(y);
  };

registerLayer("Conv1D", convolution(1), {
  becomes: "Conv",
  limits: "channelsFirst is refused: TensorFlow.js gives it back transposed",
});
registerLayer("Conv2D", convolution(2), { becomes: "Conv" });
registerLayer("Conv3D", convolution(3), { becomes: "Conv" });

/**
 * The gradient of a convolution: `same` gives extent x stride, `valid` at least as much as the windows cover. Kernel
 * [spatial …, out, in] -> [in, out, spatial …]
 */
const transposedConvolution =
  (rank: 2 | 3): LowerLayer =>
  (layer) => {
    const { b, x, config, weight, activate } = layer;
    const { kernel: window, strides, padding } = slidingOf(layer, rank);
    const surplus = halves(window.map((extent, i) => (padding === "same" ? Math.max(0, extent - strides[i]!) : 0)));
    const pads = [...surplus.before, ...surplus.after];
    // Strides that leap over rows: these stay empty but for the bias.
    const empty = window.map((extent, i) => Math.max(0, strides[i]! - extent));
    // In volumes, `same` padding leaves half of them empty before the first window; else all stand at the end.
    const centred = rank === 3 && padding === "same" && empty.some((planes) => planes > 0);
    const y = inChannelsFirst(b, x, config.word("dataFormat", "channelsLast"), (first) => {
      const spatial = Array.from({ length: rank }, (_, i) => i);
      const kernel = b.constant(transposed(weight("kernel", rank + 2), [rank + 1, rank, ...spatial]), "kernel");
      const attributes = { kernel_shape: window, strides, pads, output_padding: centred ? undefined : empty };
      if (!centred) return b.add("ConvTranspose", [first, kernel, ...biasOf(layer)], attributes);
      const { before: after, after: before } = halves(empty);
      const around = b.constant(int64([0, 0, ...before, 0, 0, ...after]), "pads");
      const spread = b.add("Pad", [b.add("ConvTranspose", [first, kernel], attributes), around], { mode: "constant" });
      return biasOf(layer).reduce((sum, bias) => b.add("Add", [sum, unsqueeze(b, bias, [1, 2, 3])]), spread);
    });
    return activate(y);
  };

registerLayer("Conv2DTranspose", transposedConvolution(2), { becomes: "ConvTranspose" });
registerLayer("Conv3DTranspose", transposedConvolution(3), { becomes: "ConvTranspose" });

/** Kernel [h, w, in, multiplier] -> [in x multiplier, 1, h, w] */
function depthwise(layer: LayerContext, x: Value, sliding: Sliding, bias: Value[]): Value {
  const stored = layer.weight("depthwise_kernel", 4);
  const [height, width, channels, multiplier] = stored.shape as [number, number, number, number];
  const grouped = reshaped(transposed(stored, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
  const kernel = layer.b.constant(grouped, "depthwise_kernel");
  return layer.b.add("Conv", [x, kernel, ...bias], { group: channels, ...slidingAttributes(x, sliding) });
}

registerLayer(
  "DepthwiseConv2D",
  (layer) => {
    const { b, x, config, activate, warn } = layer;
    const sliding = { ...slidingOf(layer, 2), dilations: [1, 1] };
    if (config.numbers("dilationRate", 2, 1).some((rate) => rate !== 1)) {
      warn("dilationRate has no effect, as in TensorFlow.js");
    }
    const format = config.word("dataFormat", "channelsLast");
    return activate(inChannelsFirst(b, x, format, (first) => depthwise(layer, first, sliding, biasOf(layer))));
  },
  { becomes: "Conv with groups", limits: "dilationRate has no effect, as in TensorFlow.js" },
);

registerLayer(
  "SeparableConv2D",
  (layer) => {
    const { b, x, config, weight, activate } = layer;
    const y = inChannelsFirst(b, x, config.word("dataFormat", "channelsLast"), (first) => {
      const deep = depthwise(layer, first, slidingOf(layer, 2), []);
      const kernel = b.constant(transposed(weight("pointwise_kernel", 4), [3, 2, 0, 1]), "pointwise_kernel");
      return b.add("Conv", [deep, kernel, ...biasOf(layer)], { kernel_shape: [1, 1] });
    });
    return activate(y);
  },
  { becomes: "two Conv, the first with groups" },
);
