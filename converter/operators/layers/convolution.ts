import { inChannelsFirst } from "../../emit/layout.js";
import { type Sliding, slidingAttributes } from "../../emit/window.js";
import type { Value } from "../../graph/builder.js";
import { reshaped, transposed } from "../../graph/tensor.js";
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
      return b.add("Conv", [first, kernel, ...biasOf(layer)], slidingAttributes(first, slidingOf(layer, rank)));
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
    const surplus = window.map((extent, i) => (padding === "same" ? Math.max(0, extent - strides[i]!) : 0));
    const before = surplus.map((extent) => Math.floor(extent / 2));
    const pads = [...before, ...surplus.map((extent, i) => extent - before[i]!)];
    // Strides that leap over rows: these stay empty but for the bias, the last ones too.
    const empty = window.map((extent, i) => Math.max(0, strides[i]! - extent));
    const y = inChannelsFirst(b, x, config.word("dataFormat", "channelsLast"), (first) => {
      const spatial = Array.from({ length: rank }, (_, i) => i);
      const kernel = b.constant(transposed(weight("kernel", rank + 2), [rank + 1, rank, ...spatial]), "kernel");
      const attributes = { kernel_shape: window, strides, pads, output_padding: empty };
      return b.add("ConvTranspose", [first, kernel, ...biasOf(layer)], attributes);
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
