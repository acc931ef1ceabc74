import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { assertOperator, attr, graphArtifacts, ints } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const FREE = [false, true];

/** Few different numbers, so that many are equal. */
const few = (shape: number[], dtype: "float32" | "int32" | "bool", seed = 0) =>
  tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => {
      const value = (((i + seed) * (i + 3)) % 7) - 2;
      return dtype === "bool" ? Number(value > 0) : dtype === "float32" ? value / 2 : value;
    }),
    shape,
    dtype,
  );

for (const op of ["LowerBound", "UpperBound"]) {
  test(op, async () => {
    const numbers = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 6, maxLength: 6 });
    const property = fc.asyncProperty(
      numbers,
      numbers,
      fc.constantFrom<[number[], number[]]>(
        [[6], [4]],
        [
          [2, 3],
          [2, 2],
        ],
        [
          [1, 2, 3],
          [2, 1],
        ],
        [[6], [1, 6]],
      ),
      fc.constantFrom("float32" as const, "int32" as const),
      fc.boolean(),
      async (sequence, sought, [rows, places], dtype, free) => {
        const width = rows.at(-1)!;
        const sorted = sequence.flatMap((_, i) =>
          i % width === 0 ? sequence.slice(i, i + width).sort((a, b) => a - b) : [],
        );
        const size = tf.util.sizeFromShape(places);
        await assertOperator({
          op,
          inputs: [
            { value: tf.tensor(sorted, rows, dtype), fed: true },
            { value: tf.tensor(sought.slice(0, size), places, dtype), fed: true, free },
          ],
        });
      },
    );
    await fc.assert(property, { numRuns: 25, seed: 5 });
  });
}

test("TopKV2", async () => {
  for (const [shape, k] of [
    [[6], 3],
    [[3, 5], 5],
    [[2, 3, 4], 1],
    [[2, 4], 0],
    // Of an empty batch onnxruntime dies by a division by zero.
  ] as [number[], number][]) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const free of FREE) {
        for (const fed of FREE) {
          const inputs = [
            { value: few(shape, dtype), fed: true, free },
            { value: tf.scalar(k, "int32"), fed },
          ];
          await assertOperator({ op: "TopKV2", inputs, outputs: 2, attributes: { sorted: attr.bool(true) } });
        }
      }
    }
  }
  await assertOperator({
    op: "TopKV2",
    inputs: [{ value: few([5], "float32"), fed: true }, { value: ints(2) }],
    outputs: 2,
  });
});

test("TopKV2 without order says that it sorts", () => {
  const { warnings } = readGraphModel(
    graphArtifacts({
      inputs: { x: { shape: [4], dtype: "float32" } },
      constants: { k: tf.scalar(2, "int32") },
      nodes: [{ name: "y", op: "TopKV2", input: ["x", "k"], attr: { sorted: attr.bool(false) } }],
      outputs: ["y"],
    }),
    { opset: 17 },
  );
  assert.match(warnings.join(), /sorted/);
});

test("Unique, UniqueV2", async () => {
  for (const dtype of ["float32", "int32", "bool"] as const) {
    for (const free of FREE) {
      for (const seed of [0, 1, 5]) {
        const value = few([9], dtype, seed);
        await assertOperator({ op: "Unique", inputs: [{ value, fed: true, free }], outputs: 2 });
        await assertOperator({ op: "UniqueV2", inputs: [{ value, fed: true, free }, { value: ints(0) }], outputs: 2 });
      }
    }
  }
  const words = { value: tf.tensor1d(["b", "a", "", "b", "é", ""]), fed: true };
  await assertOperator({ op: "Unique", inputs: [words], outputs: 2 });
  for (const dtype of ["float32", "int32"] as const) {
    const value = tf.tensor([1, 2, 1, 1, 2, 1, 0, 0, 0, 1, 2, 1], [4, 3], dtype);
    for (const axis of [0, 1, -1]) {
      const inputs = [{ value, fed: true }, { value: ints(axis) }];
      await assertOperator({ op: "UniqueV2", inputs, outputs: 2 });
    }
  }
});

test("Where", async () => {
  for (const shape of [[5], [3, 4], [2, 2, 3], [0, 3]]) {
    for (const dtype of ["bool", "int32", "float32"] as const) {
      for (const free of FREE) {
        await assertOperator({ op: "Where", inputs: [{ value: few(shape, dtype), fed: true, free }] });
      }
    }
  }
});

test("ListDiff", async () => {
  for (const [x, y] of [
    [
      [1, 2, 3, 4, 5, 2],
      [2, 4],
    ],
    [[1, 1, 1], [1]],
    [
      [3, 1],
      [7, 8, 9],
    ],
    [[3, 1], []],
    [[], [1]],
  ] as const) {
    for (const dtype of ["float32", "int32"] as const) {
      const inputs = [x, y].map((values, i) => ({
        value: tf.tensor1d([...values], dtype),
        fed: i === 0 || y.length === 1,
      }));
      await assertOperator({ op: "ListDiff", inputs, outputs: 2 });
    }
  }
});
