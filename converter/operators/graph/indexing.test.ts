import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, attr, ints, numbered } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const DTYPES = ["float32", "int32", "bool"] as const;
const FREE = [false, true];

/** Indices below `extent` that jump about. */
const places = (shape: number[], extent: number) =>
  tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (i * 7 + 1) % extent),
    shape,
    "int32",
  );

test("GatherV2, Gather", async () => {
  for (const [shape, indices, axis, batch] of [
    [[5], [3], 0, 0],
    [[4, 3], [], 0, 0],
    [[4, 3], [2, 2], 1, 0],
    [[2, 3, 4], [5], -1, 0],
    [[4, 3], [0], 0, 0],
    [[0, 3], [0], 0, 0],
    [[2, 5, 3], [2, 4], 1, 1],
    [[2, 5, 3], [2], 1, 1],
    [[2, 3, 5], [2, 4], 2, 1],
    [[2, 3, 5, 2], [2, 4, 2], 2, 1],
    [[2, 3, 2, 5], [2, 3], -1, 2],
    [[2, 3, 5], [2, 3, 4], 2, -1],
    [[2, 2, 3, 5], [2, 4, 2], 3, 1],
  ] as [number[], number[], number, number][]) {
    for (const dtype of DTYPES) {
      for (const free of FREE) {
        for (const fed of FREE) {
          const inputs = [
            { value: numbered(shape, dtype), fed: true, free },
            { value: places(indices, shape.at(axis)!), fed, free: fed && free && batch !== 0 },
          ];
          const attributes = { batch_dims: attr.int(batch) };
          await assertOperator({
            op: "GatherV2",
            inputs: [...inputs, { value: tf.scalar(axis, "int32") }],
            attributes,
          });
          if (axis === 0) await assertOperator({ op: "Gather", inputs });
        }
      }
    }
  }
  const inputs = [{ value: numbered([4, 2]), fed: true }, { value: tf.tensor1d([2, 0]) }];
  await assertOperator({ op: "Gather", inputs });
});

test("GatherNd", async () => {
  for (const [shape, indices] of [
    [[5], [3, 1]],
    [
      [3, 3],
      [4, 2],
    ],
    [
      [3, 4, 2],
      [2, 2, 1],
    ],
    [[3, 2], [1]],
    [
      [3, 2],
      [2, 0],
    ],
    [
      [3, 2],
      [0, 2],
    ],
  ] as const) {
    for (const dtype of DTYPES) {
      for (const fed of FREE) {
        for (const free of FREE) {
          const inputs = [
            { value: numbered([...shape], dtype), fed: true, free },
            { value: places([...indices], Math.min(...shape)), fed },
          ];
          await assertOperator({ op: "GatherNd", inputs });
        }
      }
    }
  }
});

/** Shape of the tensor that is written, of the indices and of the updates. */
const SCATTERS = [
  [[5], [3], [3]],
  [
    [5, 2],
    [3, 1],
    [3, 2],
  ],
  [[3, 4], [4, 2], [4]],
  [
    [3, 4, 2],
    [2, 2, 1],
    [2, 2, 4, 2],
  ],
  [
    [3, 2],
    [0, 1],
    [0, 2],
  ],
] as [number[], number[], number[]][];

test("ScatterNd sums what meets", async () => {
  for (const [shape, indices, updates] of SCATTERS) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const fed of FREE) {
        const inputs = [
          { value: places(indices, 3), fed },
          { value: numbered(updates, dtype), fed: true },
          { value: ints(...shape), fed },
        ];
        await assertOperator({ op: "ScatterNd", inputs });
      }
    }
  }
});

/** Indices of which none is there twice: which update wins is not defined. */
const distinct = (shape: number[], extents: number[]) => {
  const depth = shape.length > 1 ? shape.at(-1)! : 1;
  const rows = shape.length > 1 ? tf.util.sizeFromShape(shape) / depth : shape[0]!;
  const values = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: depth }, (_, i) =>
      depth === 1 ? extents[0]! - 1 - row : i === 0 ? row % 3 : Math.floor(row / 3),
    ),
  );
  return tf.tensor(values.flat(), shape, "int32");
};

test("TensorScatterUpdate", async () => {
  for (const [shape, indices, updates] of SCATTERS) {
    if (indices.length > 2) continue;
    for (const dtype of DTYPES) {
      for (const fed of FREE) {
        const inputs = [
          { value: numbered(shape, dtype), fed: true, free: fed },
          { value: distinct(indices, shape), fed },
          { value: numbered(updates, dtype), fed: true },
        ];
        await assertOperator({ op: "TensorScatterUpdate", inputs });
      }
    }
  }
});

test("SparseToDense", async () => {
  for (const [indices, shape, values] of [
    [[3], [5], [3]],
    [[4, 2], [3, 4], [4]],
    [[3], [5], []],
    [[], [5], []],
    [[3, 1], [6], [3]],
  ] as [number[], number[], number[]][]) {
    for (const dtype of DTYPES) {
      for (const fed of FREE) {
        const inputs = [
          { value: indices.length > 0 ? distinct(indices, shape) : tf.scalar(2, "int32"), fed },
          { value: ints(...shape), fed },
          { value: numbered(values, dtype), fed: true },
          { value: tf.scalar(dtype === "bool" ? 1 : 7, dtype) },
        ];
        await assertOperator({ op: "SparseToDense", inputs });
      }
    }
  }
  const inputs = [{ value: ints(1) }, { value: ints(3) }, { value: tf.tensor1d([2.5]), fed: true }];
  await assertOperator({ op: "SparseToDense", inputs: [...inputs, { value: tf.scalar(4, "int32") }] });
});
