import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noise } from "../../../test/conversion.js";
import { assertOperator, attr, graphArtifacts } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

/**
 * Boxes of a coarse grid, so that many overlap, some exactly by a half, some have no area; corners in any order. Scores of
 * which some are equal. With `stir` the corners and scores all differ.
 */
function boxesOf(count: number, seed: number, stir: number): { boxes: tf.Tensor; scores: tf.Tensor } {
  const next = noise(seed);
  const whole = (below: number) => Math.floor(((next() + 1) / 2) * below) + stir * next();
  const boxes = Array.from({ length: count }, () => {
    const [y, x, height, width] = [whole(4), whole(4), whole(4), 1 + whole(3)];
    const corners = [y, x, y + height, x + width];
    return next() < 0 ? corners : [corners[2]!, corners[3]!, corners[0]!, corners[1]!];
  });
  const scores = Array.from({ length: count }, () => whole(9) / 8 - 0.25);
  return { boxes: tf.tensor2d(boxes, [count, 4]), scores: tf.tensor1d(scores) };
}

const OPTIONS = {
  count: [0, 1, 30],
  limit: [0, 5, 100],
  iou: [0, 0.5, 1],
  lowest: [Number.NEGATIVE_INFINITY, 0.125],
  free: [false, true],
};

type Option = { [K in keyof typeof OPTIONS]: (typeof OPTIONS)[K][number] };

const inputsOf = ({ count, limit, iou, lowest, free }: Option, stir = 0) => {
  const { boxes, scores } = boxesOf(count, count + 1, stir);
  return [
    { value: boxes, fed: true, free },
    { value: scores, fed: true, free },
    { value: tf.scalar(limit, "int32"), fed: free },
    { value: tf.scalar(iou), fed: free },
    { value: tf.scalar(lowest), fed: free },
  ];
};

test("NonMaxSuppressionV2, V3: boxes that overlap exactly by the threshold, equal scores, no boxes", async () => {
  for (const option of combinations(OPTIONS)) {
    const inputs = inputsOf(option);
    await assertOperator({ op: "NonMaxSuppressionV3", inputs });
    await assertOperator({ op: "NonMaxSuppressionV2", inputs: inputs.slice(0, 4) });
  }
});

test("NonMaxSuppressionV4: padded with zeros, and how many are none", async () => {
  for (const padded of [true, false]) {
    const attributes = { pad_to_max_output_size: attr.bool(padded) };
    for (const option of combinations(OPTIONS)) {
      await assertOperator({ op: "NonMaxSuppressionV4", inputs: inputsOf(option), attributes, outputs: 2 });
    }
  }
});

test("NonMaxSuppressionV5: scores", async () => {
  for (const option of combinations(OPTIONS)) {
    const inputs = [...inputsOf(option), { value: tf.scalar(0) }];
    await assertOperator({ op: "NonMaxSuppressionV5", inputs, outputs: 2 });
  }
});

test("NonMaxSuppressionV5 with lowered scores", async () => {
  for (const sigma of [0.1, 1]) {
    for (const option of combinations({ ...OPTIONS, limit: [5, 100] })) {
      // Which of two boxes comes first whose scores fall to the same is decided by rounding: here they differ. Negative
      // scores would grow, which TensorFlow.js sees late.
      const [boxes, scores, ...limits] = inputsOf(option, 0.1);
      const inputs = [boxes!, { ...scores!, value: tf.abs(scores!.value) }, ...limits, { value: tf.scalar(sigma) }];
      await assertOperator({ op: "NonMaxSuppressionV5", inputs, outputs: 2 });
    }
  }
});

test("thresholds that TensorFlow.js refuses are refused", () => {
  const read = (iou: number, sigma: number) => () =>
    readGraphModel(
      graphArtifacts({
        inputs: { boxes: { shape: [-1, 4], dtype: "float32" }, scores: { shape: [-1], dtype: "float32" } },
        constants: { limit: tf.scalar(5, "int32"), iou: tf.scalar(iou), lowest: tf.scalar(0), sigma: tf.scalar(sigma) },
        nodes: [
          { name: "y", op: "NonMaxSuppressionV5", input: ["boxes", "scores", "limit", "iou", "lowest", "sigma"] },
        ],
        outputs: ["y"],
      }),
      { opset: 17 },
    );
  assert.throws(read(1.5, 0), { code: "CONVERT_INVALID_MODEL", message: /1\.5/ });
  assert.throws(read(0.5, 2), { code: "CONVERT_INVALID_MODEL", message: /2/ });
});
