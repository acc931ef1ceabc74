import { cast } from "../../emit/cast.js";
import { convolve, convolveDepthwise } from "../../emit/convolution.js";
import { inBatch, inChannelsFirst } from "../../emit/layout.js";
import { reshape } from "../../emit/shape.js";
import { leapless, type Sliding } from "../../emit/window.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { fusedOf } from "./fused.js";
import { filterShape, formatOf, paddingOf, requireFloat, spatial } from "./window.js";

type Convolve = typeof convolve;

const layoutOf = (format: string) => (format === "NCHW" ? "channelsFirst" : "channelsLast");

/** A convolution of images, and what is fused behind it. */
function convolution(node: OperatorContext, make: Convolve, formats: readonly string[], fused: boolean): Value {
  const { b } = node;
  const x = requireFloat(node, node.x, [3, 4]);
  const filter = cast(b, node.input(1), "float32");
  const [height, width, inward, outward] = filterShape(node, filter, 4) as [number, number, number, number];
  const format = formatOf(node, formats) as "NHWC" | "NCHW";
  const sliding = {
    kernel: [height, width],
    strides: spatial(node, "strides", 2),
    dilations: spatial(node, "dilations", 2, 1),
    padding: paddingOf(node, format),
  };
  const declared = node.attributes.ints("strides", []);
  if (format === "NCHW" && String(declared.slice(1, 3)) !== String(declared.slice(2, 4))) {
    node.warn(`the first two of its strides [${declared.slice(1)}] are taken for NCHW too, as in TensorFlow.js`);
  }
  const channels = make === convolveDepthwise ? inward * outward : outward;
  const parts = fused ? fusedOf(node) : {};
  const bias = parts.bias && perChannel(b, parts.bias, channels, format);
  return inBatch(b, x, 4, (batch) => {
    let y = inChannelsFirst(b, batch, layoutOf(format), (first) => make(b, first, filter, bias, sliding));
    if (parts.bias && !bias) y = b.add("Add", [y, parts.bias]);
    return parts.activate?.(y, format) ?? y;
  });
}

/** The bias as one number a channel, where it is that. */
function perChannel(b: GraphBuilder, bias: Value, channels: number, format: string): Value | undefined {
  const { shape } = bias;
  if (format === "NCHW" && shape.length > 1) return undefined;
  if (shape.at(-1) !== channels || shape.slice(0, -1).some((extent) => extent !== 1)) return undefined;
  return shape.length === 1 ? bias : reshape(b, bias, [channels]);
}

const BOTH = ["NHWC", "NCHW"];
// TensorFlow.js takes NCHW for NHWC in depthwise convolutions.
const LAST = ["NHWC"];

registerOperator("Conv2D", (node) => convolution(node, convolve, BOTH, false), { becomes: "Conv" });
registerOperator("_FusedConv2D", (node) => convolution(node, convolve, BOTH, true), {
  becomes: "Conv and the activation",
  limits: "fused FusedBatchNorm, as in TensorFlow.js",
});
registerOperator(
  ["DepthwiseConv2d", "DepthwiseConv2dNative"],
  (node) => convolution(node, convolveDepthwise, LAST, false),
  { becomes: "Conv", limits: "NCHW, as in TensorFlow.js" },
);
registerOperator("FusedDepthwiseConv2dNative", (node) => convolution(node, convolveDepthwise, LAST, true), {
  becomes: "Conv and the activation",
  limits: "NCHW, fused FusedBatchNorm and LeakyRelu, as in TensorFlow.js",
});

const convolution1d: LowerOperator = (node) => {
  const { b, attributes } = node;
  const filter = cast(b, node.input(1), "float32");
  const [kernel] = filterShape(node, filter, 3) as [number, number, number];
  formatOf(node, ["NWC"]);
  const sliding = {
    kernel: [kernel],
    strides: [attributes.int("stride", 1)],
    dilations: [attributes.int("dilation", 1)],
    padding: paddingOf(node),
  };
  return inBatch(b, requireFloat(node, node.x, [2, 3]), 3, (batch) =>
    inChannelsFirst(b, batch, "channelsLast", (first) => convolve(b, first, filter, undefined, sliding)),
  );
};

registerOperator("Conv1D", convolution1d, { becomes: "Conv" });

registerOperator(
  "Conv3D",
  (node) => {
    const { b } = node;
    const filter = cast(b, node.input(1), "float32");
    formatOf(node, ["NDHWC"]);
    const window: Sliding = {
      kernel: filterShape(node, filter, 5).slice(0, 3),
      strides: spatial(node, "strides", 3),
      dilations: spatial(node, "dilations", 3, 1),
      padding: paddingOf(node),
    };
    return inBatch(b, requireFloat(node, node.x, [4, 5]), 5, (batch) =>
      inChannelsFirst(b, batch, "channelsLast", (first) => {
        const { x, sliding } = leapless(node, first, window);
        return convolve(b, x, filter, undefined, sliding);
      }),
    );
  },
  { becomes: "Conv" },
);
