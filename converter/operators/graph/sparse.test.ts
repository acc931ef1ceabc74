import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, ints, numbered } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const FREE = [false, true];

for (const op of ["SparseSegmentSum", "SparseSegmentMean"]) {
  test(op, async () => {
    for (const [shape, indices, ids] of [
      [[4], [0, 3, 1], [0, 0, 1]],
      [
        [4, 3],
        [2, 2, 0, 1],
        [0, 1, 1, 4],
      ],
      [
        [3, 2, 2],
        [1, 0],
        [2, 2],
      ],
      [[3, 2], [], []],
    ] as [number[], number[], number[]][]) {
      for (const dtype of ["float32", "int32"] as const) {
        for (const fed of FREE) {
          const inputs = [
            { value: numbered(shape, dtype), fed: true, free: fed },
            { value: ints(...indices), fed: fed && ids.length > 0 },
            { value: ints(...ids), fed: fed && ids.length > 0 },
          ];
          await assertOperator({ op, inputs });
        }
      }
    }
  });
}

const table = (rows: number[][], rank: number) => tf.tensor2d(rows.flat(), [rows.length, rank], "int32");

test("SparseReshape", async () => {
  const indices = table(
    [
      [0, 0, 1],
      [0, 2, 0],
      [1, 1, 1],
      [1, 2, 0],
    ],
    3,
  );
  for (const to of [[12], [-1], [4, 3], [3, -1], [2, 2, 3], [-1, 1, 6], [2, 3, 2]]) {
    for (const fed of [
      [true, false, false],
      [true, true, false],
      [false, true, true],
    ]) {
      const inputs = [indices, ints(2, 3, 2), ints(...to)].map((value, i) => ({ value, fed: fed[i] }));
      await assertOperator({ op: "SparseReshape", inputs, outputs: 2 });
    }
  }
  const none = [table([], 2), ints(3, 4), ints(2, -1)].map((value, i) => ({ value, fed: i === 0 }));
  await assertOperator({ op: "SparseReshape", inputs: none, outputs: 2 });
});

test("SparseFillEmptyRows", async () => {
  for (const [rows, rank, height] of [
    [
      [
        [0, 1],
        [0, 3],
        [2, 0],
        [5, 1],
      ],
      2,
      7,
    ],
    [
      [
        [0, 1],
        [1, 3],
        [2, 0],
      ],
      2,
      3,
    ],
    [
      [
        [3, 1],
        [0, 2],
        [3, 0],
        [0, 1],
      ],
      2,
      5,
    ],
    [[[2], [0]], 1, 3],
    [[[1, 2, 3]], 3, 2],
  ] as [number[][], number, number][]) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const fed of FREE) {
        const inputs = [
          { value: table(rows, rank), fed: true },
          { value: numbered([rows.length], dtype), fed },
          { value: ints(height, ...Array<number>(rank - 1).fill(9)), fed },
          { value: tf.scalar(-5, dtype), fed },
        ];
        await assertOperator({ op: "SparseFillEmptyRows", inputs, outputs: 4 });
      }
    }
  }
});
