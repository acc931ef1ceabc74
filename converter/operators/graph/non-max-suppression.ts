import { cast } from "../../emit/cast.js";
import { extent } from "../../emit/shape.js";
import { softSuppression } from "../../emit/soft-suppression.js";
import type { Value } from "../../graph/builder.js";
import { full, int64, scalar, toNumbers } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** What every version takes, in the types of ONNX. */
function inputsOf(node: OperatorContext) {
  const { b } = node;
  return {
    boxes: cast(b, node.x, "float32"), // [n, 4]
    scores: cast(b, node.input(1), "float32"), // [n]
    limit: reshaped(node, cast(b, node.input(2), "int64")),
    overlap: cast(b, node.input(3), "float32"),
    lowest: node.inputs[4] && cast(b, node.input(4), "float32"),
  };
}

type Inputs = ReturnType<typeof inputsOf>;

const reshaped = ({ b }: OperatorContext, number: Value) => b.add("Reshape", [number, b.constant(int64([1]), "shape")]);

/** At most as many boxes as there are. */
function limitOf({ b }: OperatorContext, { limit, boxes }: Inputs): Value {
  return b.add("Min", [limit, extent(b, boxes, 0)]);
}

/** Indices of the boxes that are kept, int64 [k], best first. */
function suppress(node: OperatorContext, { boxes, scores, limit, overlap, lowest }: Inputs): Value {
  const { b } = node;
  const { threshold, most } = thresholdOf(node, overlap, limit);
  const batch = (value: Value, axes: number[]) => b.add("Unsqueeze", [value, b.constant(int64(axes), "axes")]);
  const inputs = [batch(boxes, [0]), batch(scores, [0, 1]), most, threshold];
  const selected = b.add("NonMaxSuppression", lowest ? [...inputs, lowest] : inputs);
  return b.add("Gather", [selected, b.constant(scalar(2, "int64"), "box")], { axis: 1 });
}

/**
 * ONNX suppresses boxes whose overlap is above the threshold, TensorFlow.js those that reach it: the next lower number
 * does the same. From 0 on every further box is suppressed.
 */
function thresholdOf(node: OperatorContext, overlap: Value, limit: Value): { threshold: Value; most: Value } {
  const { b } = node;
  const one = b.constant(int64([1]), "one");
  if (overlap.constant) {
    const [threshold] = toNumbers(overlap.constant) as [number];
    if (!(threshold >= 0 && threshold <= 1)) throw node.invalid(`its IoU threshold is ${threshold}`);
    if (threshold === 0) return { threshold: overlap, most: b.add("Min", [limit, one]) };
    return { threshold: b.constant(scalar(nextBelow(threshold)), "iou_threshold"), most: limit };
  }
  const none = b.add("Equal", [overlap, b.constant(scalar(0), "zero")]);
  return {
    threshold: b.add("Mul", [overlap, b.constant(scalar(nextBelow(1)), "below")]),
    most: b.add("Where", [none, b.add("Min", [limit, one]), limit]),
  };
}

/** The greatest float32 below a positive one. */
function nextBelow(value: number): number {
  const float = Float32Array.of(value);
  new Uint32Array(float.buffer)[0]! -= 1;
  return float[0]!;
}

registerOperator(
  ["NonMaxSuppressionV2", "NonMaxSuppressionV3"],
  (node) => cast(node.b, suppress(node, inputsOf(node)), "int32"),
  {
    becomes: "NonMaxSuppression",
  },
);

registerOperator(
  "NonMaxSuppressionV4",
  (node) => {
    const { b } = node;
    const given = inputsOf(node);
    const selected = suppress(node, given);
    const indices = cast(b, selected, "int32");
    const count = extent(b, selected, 0);
    const valid = cast(b, b.add("Squeeze", [count, b.constant(int64([0]), "axes")]), "int32");
    if (!node.attributes.bool("pad_to_max_output_size", false)) return [indices, valid];
    const total = limitOf(node, given);
    const zeros = b.add("ConstantOfShape", [total], { value: full([1], 0, "int32") });
    const end = b.add("Squeeze", [count, b.constant(int64([0]), "axes")]);
    const bounds = [b.constant(scalar(0, "int64"), "zero"), end, b.constant(scalar(1, "int64"), "one")];
    return [b.add("ScatterElements", [zeros, b.add("Range", bounds), indices], { axis: 0 }), valid];
  },
  { becomes: "NonMaxSuppression", outputs: ["selected_indices", "valid_outputs"] },
);

registerOperator(
  "NonMaxSuppressionV5",
  (node) => {
    const { b } = node;
    const { constant } = node.input(5);
    if (!constant || constant.dtype === "string") throw node.unsupported("its softNmsSigma is computed at run time");
    const [sigma = Number.NaN] = toNumbers(constant);
    if (!(sigma >= 0 && sigma <= 1)) throw node.invalid(`its softNmsSigma is ${sigma}`);
    const given = inputsOf(node);
    const { boxes, scores, overlap, lowest } = given;
    if (sigma === 0) {
      const indices = suppress(node, given);
      return [cast(b, indices, "int32"), b.add("Gather", [scores, indices], { axis: 0 })];
    }
    const { indices, scores: selected } = softSuppression(b, {
      boxes,
      scores,
      limit: limitOf(node, given),
      overlap,
      lowest: lowest!,
      scale: -0.5 / sigma,
      count: `${node.name}_selected`,
    });
    return [cast(b, indices, "int32"), selected];
  },
  {
    becomes: "NonMaxSuppression, with softNmsSigma a Loop",
    limits:
      "softNmsSigma computed at run time, or with negative scores; the number of valid outputs, which TensorFlow.js does not give",
    outputs: ["selected_indices", "selected_scores"],
  },
);
