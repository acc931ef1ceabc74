import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, attr, ints, numbered } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
  // TensorFlow.js 4.22 has these operators, but its graph-models do not find them unless they are registered.
  tf.registerOp("RaggedRange", ({ inputs: [starts, limits, deltas] }) => {
    const { rtNestedSplits, rtDenseValues } = tf.raggedRange(starts!, limits!, deltas!);
    return [rtNestedSplits, rtDenseValues];
  });
  tf.registerOp("RaggedGather", ({ inputs, attrs }) => {
    const { outputNestedSplits, outputDenseValues } = tf.raggedGather(
      inputs.slice(0, -2),
      inputs.at(-2)!,
      inputs.at(-1)!,
      attrs.OUTPUT_RAGGED_RANK as number,
    );
    return [...outputNestedSplits, outputDenseValues];
  });
  tf.registerOp("RaggedTensorToTensor", ({ inputs: [shape, values, otherwise, ...rows], attrs }) => {
    const types = (attrs.row_partition_types as unknown as string[]).map((type) => type.toUpperCase());
    return tf.raggedTensorToTensor(shape!, values!, otherwise!, rows, types);
  });
});

const WAYS = [true, false];

test("RaggedRange", async () => {
  for (const [starts, limits, deltas] of [
    [
      [0, 5, 8],
      [3, 5, 2],
      [1, 1, -2],
    ],
    [0, [3, 0, -2, 7], 2],
    [[1, 2], 10, [3, -1]],
    [2, 9, 3],
    [[], [], 1],
  ] as (number | number[])[][]) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const fed of WAYS) {
        const inputs = [starts!, limits!, deltas!].map((value, i) => {
          const scaled = dtype === "float32" ? [value].flat().map((n) => (i < 2 ? n * 0.3 : n * 0.1)) : [value].flat();
          return { value: tf.tensor(scaled, Array.isArray(value) ? [value.length] : [], dtype), fed: fed || i === 0 };
        });
        await assertOperator({ op: "RaggedRange", inputs, outputs: 2 });
      }
    }
  }
});

test("RaggedGather", async () => {
  const outer = ints(0, 2, 2, 5);
  const inner = ints(0, 3, 3, 4, 8, 9);
  for (const [splits, shape, indices] of [
    [[inner], [9], ints(3, 0, 1, 3)],
    [[inner], [9, 2], ints(4)],
    [[outer, inner], [9], ints(2, 0, 1)],
    [[outer, inner], [9, 2], tf.tensor2d([2, 0, 1, 2], [2, 2], "int32")],
    [[outer, inner], [9], tf.scalar(2, "int32")],
    [[outer, inner], [9], ints(1)],
  ] as [tf.Tensor[], number[], tf.Tensor][]) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const fed of WAYS) {
        const rank = indices.rank + splits.length - 1;
        const inputs = [...splits, numbered(shape, dtype), indices].map((value, i) => ({
          value,
          fed: fed || i === splits.length,
        }));
        const attributes = { OUTPUT_RAGGED_RANK: attr.int(rank) };
        await assertOperator({ op: "RaggedGather", inputs, outputs: rank + 1, attributes });
      }
    }
  }
});

test("RaggedTensorToTensor", async () => {
  const splits = ints(0, 3, 3, 4, 8, 9);
  for (const [shape, types, partitions] of [
    [[-1, -1], ["ROW_SPLITS"], [splits]],
    [[3, 2], ["ROW_SPLITS"], [splits]],
    [[7, 6], ["ROW_SPLITS"], [splits]],
    [
      [-1, -1],
      ["FIRST_DIM_SIZE", "VALUE_ROWIDS"],
      [tf.scalar(6, "int32"), ints(0, 0, 1, 3, 3, 3, 3, 5, 5)],
    ],
    [
      [2, 1],
      ["FIRST_DIM_SIZE", "VALUE_ROWIDS"],
      [tf.scalar(6, "int32"), ints(0, 0, 1, 3, 3, 3, 3, 5, 5)],
    ],
    [
      [-1, 2, -1],
      ["ROW_SPLITS", "ROW_SPLITS"],
      [ints(0, 2, 2, 5), splits],
    ],
    [
      [-1, -1, -1],
      ["FIRST_DIM_SIZE", "VALUE_ROWIDS", "VALUE_ROWIDS"],
      [tf.scalar(3, "int32"), ints(0, 0, 2, 2), ints(0, 1, 1, 1, 2, 3, 3, 3, 3)],
    ],
    [
      [-1, -1, 3],
      ["ROW_SPLITS", "VALUE_ROWIDS"],
      [ints(0, 2, 2, 4), ints(0, 1, 1, 1, 2, 3, 3, 3, 3)],
    ],
  ] as [number[], string[], tf.Tensor[]][]) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const fed of WAYS) {
        const tensors = [ints(...shape), numbered([9], dtype), tf.scalar(-1, dtype), ...partitions];
        const inputs = tensors.map((value, i) => ({ value, fed: fed || i === 1 }));
        const attributes = { row_partition_types: attr.strings(types) };
        await assertOperator({ op: "RaggedTensorToTensor", inputs, attributes });
      }
    }
  }
});
