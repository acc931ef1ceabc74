import { inChannelsFirst } from "../../emit/layout.js";
import { type Sliding, slidingAttributes } from "../../emit/window.js";
import type { Value } from "../../graph/builder.js";
import { reshaped, transposed } from "../../graph/tensor.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";

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

/** [N, H, W, in] -> [N, h, w, filters]; kernel HWIO -> OIHW */
registerLayer("Conv2D", (layer) => {
  const { b, x, config, weight, activate } = layer;
  const y = inChannelsFirst(b, x, config.word("dataFormat", "channelsLast"), (first) => {
    const kernel = b.constant(transposed(weight("kernel", 4), [3, 2, 0, 1]), "kernel");
    return b.add("Conv", [first, kernel, ...biasOf(layer)], slidingAttributes(first, slidingOf(layer, 2)));
  });
  return activate(y);
});

/** Kernel [h, w, in, multiplier] -> [in x multiplier, 1, h, w] */
function depthwise(layer: LayerContext, x: Value, sliding: Sliding, bias: Value[]): Value {
  const stored = layer.weight("depthwise_kernel", 4);
  const [height, width, channels, multiplier] = stored.shape as [number, number, number, number];
  const grouped = reshaped(transposed(stored, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
  const kernel = layer.b.constant(grouped, "depthwise_kernel");
  return layer.b.add("Conv", [x, kernel, ...bias], { group: channels, ...slidingAttributes(x, sliding) });
}

registerLayer("DepthwiseConv2D", (layer) => {
  const { b, x, config, activate, warn } = layer;
  const sliding = { ...slidingOf(layer, 2), dilations: [1, 1] };
  if (config.numbers("dilationRate", 2, 1).some((rate) => rate !== 1)) {
    warn("dilationRate has no effect, as in TensorFlow.js");
  }
  const format = config.word("dataFormat", "channelsLast");
  return activate(inChannelsFirst(b, x, format, (first) => depthwise(layer, first, sliding, biasOf(layer))));
});

registerLayer("SeparableConv2D", (layer) => {
  const { b, x, config, weight, activate } = layer;
  const y = inChannelsFirst(b, x, config.word("dataFormat", "channelsLast"), (first) => {
    const deep = depthwise(layer, first, slidingOf(layer, 2), []);
    const kernel = b.constant(transposed(weight("pointwise_kernel", 4), [3, 2, 0, 1]), "pointwise_kernel");
    return b.add("Conv", [deep, kernel, ...biasOf(layer)], { kernel_shape: [1, 1] });
  });
  return activate(y);
});
