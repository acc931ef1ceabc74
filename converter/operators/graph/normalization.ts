import { cast } from "../../emit/cast.js";
import { inBatch, inChannelsFirst } from "../../emit/layout.js";
import { reduce } from "../../emit/reduce.js";
import { float } from "../../graph/attributes.js";
import type { Value } from "../../graph/builder.js";
import { type LowerOperator, registerOperator } from "../../read/graph-model/registry.js";
import { requireFloat } from "./window.js";

/** In use, batch normalisation is y = scale x + offset along the last axis, whatever the data format. */
const batchNorm: LowerOperator = (node) => {
  const { b, attributes } = node;
  const x = requireFloat(node, node.x, [1, 2, 3, 4, 5]);
  if (attributes.string("data_format", "").toUpperCase().startsWith("NC")) {
    node.warn("its data format has no effect, as in TensorFlow.js");
  }
  const channels = x.shape.at(-1)!;
  const parameters = [1, 2, 3, 4].map((i) => {
    const parameter = node.input(i);
    const [length] = parameter.shape;
    if (parameter.shape.length !== 1 || (length !== channels && typeof channels === "number")) {
      throw node.unsupported(`its parameters are of shape [${parameter.shape}], not one number a channel`);
    }
    return cast(b, parameter, "float32");
  });
  const epsilon = float(attributes.float("epsilon", 1e-3));
  const normalize = (input: Value) => b.add("BatchNormalization", [input, ...parameters], { epsilon });
  if (x.shape.length === 1) return inBatch(b, x, 2, normalize);
  return x.shape.length === 2 ? normalize(x) : inChannelsFirst(b, x, "channelsLast", normalize);
};

registerOperator(["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"], batchNorm, {
  becomes: "BatchNormalization",
  limits: "training; outputs other than the first, as in TensorFlow.js",
});

/** Divides by (bias + alpha x sum of squares over 2 radius + 1 channels) ^ beta; ONNX's alpha is for their mean. */
registerOperator(
  "LRN",
  (node) => {
    const { b, attributes } = node;
    const size = 2 * attributes.int("depth_radius", 5) + 1;
    const numbers = {
      size,
      bias: float(attributes.float("bias", 1)),
      alpha: float(attributes.float("alpha", 1) * size),
      beta: float(attributes.float("beta", 0.5)),
    };
    return inBatch(b, requireFloat(node, node.x, [3, 4]), 4, (batch) =>
      inChannelsFirst(b, batch, "channelsLast", (first) => b.add("LRN", [first], numbers)),
    );
  },
  { becomes: "LRN" },
);

registerOperator("Softmax", (node) => node.b.add("Softmax", [requireFloat(node, node.x)], { axis: -1 }), {
  becomes: "Softmax",
});
registerOperator(
  "LogSoftmax",
  (node) => {
    const { x, b } = node;
    const input = x.dtype === "int32" ? cast(b, x, "float32") : requireFloat(node, x);
    return b.add("LogSoftmax", [input], { axis: -1 });
  },
  { becomes: "LogSoftmax" },
);

registerOperator(
  "EuclideanNorm",
  (node) => {
    const { b, x } = node;
    const rank = x.shape.length;
    if (rank === 0) return b.add("Abs", [x]);
    const axes = node.numbers(1, "axes");
    if (rank > 1 && axes.length !== 1 && axes.length !== 2) {
      throw node.unsupported(`TensorFlow.js takes the norm along one axis or two, not ${axes.length}`);
    }
    return reduce(b, "ReduceL2", requireFloat(node, x), axes, node.attributes.bool("keep_dims", false));
  },
  { becomes: "ReduceL2" },
);
