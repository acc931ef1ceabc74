import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const PAIRS = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[], [4]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[0, 3], [3]],
] as const;

/** Whole numbers from -5 on without zero, so that they divide. */
const values = (shape: readonly number[], dtype: "float32" | "int32", seed: number) => {
  const size = tf.util.sizeFromShape([...shape]);
  const numbers = Array.from({ length: size }, (_, i) => (((i + seed) * 7) % 11) - 5 || 3);
  return tf.tensor(dtype === "int32" ? numbers : numbers.map((n) => n * 0.75), [...shape], dtype);
};

for (const op of [
  "Add",
  "AddV2",
  "BiasAdd",
  "Sub",
  "Mul",
  "RealDiv",
  "Div",
  "DivNoNan",
  "FloorDiv",
  "Minimum",
  "Maximum",
  "Mod",
  "FloorMod",
  "SquaredDifference",
]) {
  test(op, async () => {
    for (const dtypes of [
      ["float32", "float32"],
      ["int32", "int32"],
      ["int32", "float32"],
    ] as const) {
      for (const [left, right] of PAIRS) {
        for (const free of [false, true]) {
          const inputs = [
            { value: values(left, dtypes[0], 1), fed: true, free },
            { value: values(right, dtypes[1], 4) },
          ];
          await assertOperator({ op, inputs });
        }
      }
    }
  });
}

test("Pow, AddN", async () => {
  for (const dtype of ["float32", "int32"] as const) {
    const base = tf.tensor([1, 2, 3, 4], [2, 2], dtype);
    await assertOperator({ op: "Pow", inputs: [{ value: base, fed: true }, { value: tf.scalar(3, dtype) }] });
    await assertOperator({ op: "AddN", inputs: [base, base, base].map((value) => ({ value, fed: true })) });
  }
});

test("division by zero is 0 without NaN", async () => {
  const inputs = [{ value: tf.tensor1d([1, 0, -2]), fed: true }, { value: tf.tensor1d([0, 0, 4]) }];
  await assertOperator({ op: "DivNoNan", inputs });
});
