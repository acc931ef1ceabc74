import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, attr, ints, numbered } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const DTYPES = ["float32", "int32", "bool"] as const;
const WITH_TEXTS = [...DTYPES, "string"] as const;
const FREE = [false, true];
const axis = (value: number) => tf.scalar(value, "int32");

test("ConcatV2, Concat", async () => {
  for (const [shapes, at] of [
    [[[2], [3]], 0],
    [
      [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      1,
    ],
    [
      [
        [1, 2, 3],
        [4, 2, 3],
      ],
      -3,
    ],
    [
      [
        [0, 2],
        [3, 2],
      ],
      0,
    ],
    [[[2, 2]], 0],
  ] as [number[][], number][]) {
    for (const dtype of WITH_TEXTS) {
      for (const fed of [true, false]) {
        const tensors = shapes.map((shape, i) => ({ value: numbered(shape, dtype), fed: fed || i === 0 }));
        const attributes = { N: attr.int(shapes.length) };
        await assertOperator({ op: "ConcatV2", inputs: [...tensors, { value: axis(at) }], attributes });
        await assertOperator({ op: "Concat", inputs: [{ value: axis(at) }, ...tensors], attributes });
      }
    }
  }
  const free = [numbered([2, 3]), numbered([2, 3])].map((value) => ({ value, free: true }));
  await assertOperator({ op: "ConcatV2", inputs: [...free, { value: axis(1) }], attributes: { N: attr.int(2) } });
});

test("Pack", async () => {
  for (const [shapes, axes] of [
    [[[], []], [0]],
    [
      [[3], [3], [3]],
      [0, 1, -1],
    ],
    [[[2, 3]], [0, 2, -2]],
    [
      [
        [2, 3],
        [2, 1, 3],
        [1, 2, 3],
      ],
      [1],
    ],
    [
      [
        [0, 2],
        [0, 2],
      ],
      [1],
    ],
  ] as [number[][], number[]][]) {
    for (const dtype of WITH_TEXTS) {
      for (const at of axes) {
        const inputs = shapes.map((shape, i) => ({ value: numbered(shape, dtype), fed: i === 0 }));
        await assertOperator({ op: "Pack", inputs, attributes: { axis: attr.int(at) } });
      }
    }
  }
  const inputs = [numbered([2, 3]), numbered([2, 3])].map((value) => ({ value, free: true }));
  await assertOperator({ op: "Pack", inputs, attributes: { axis: attr.int(1) } });
});

test("Unpack", async () => {
  for (const [shape, at] of [
    [[3], 0],
    [[2, 3], 0],
    [[2, 3, 4], -2],
    [[2, 0], 0],
  ] as const) {
    for (const dtype of WITH_TEXTS) {
      for (const free of FREE) {
        const outputs = shape.at(at)!;
        const attributes = { axis: attr.int(at), num: attr.int(outputs) };
        await assertOperator({
          op: "Unpack",
          inputs: [{ value: numbered([...shape], dtype), fed: true, free }],
          attributes,
          outputs,
        });
      }
    }
  }
});

test("Tile", async () => {
  for (const [shape, reps] of [
    [[3], [2]],
    [
      [2, 3],
      [1, 3],
    ],
    [
      [2, 1, 2],
      [3, 2, 1],
    ],
    [
      [2, 3],
      [0, 1],
    ],
    [
      [0, 2],
      [2, 2],
    ],
    [[], []],
  ]) {
    for (const dtype of WITH_TEXTS) {
      for (const fed of FREE) {
        for (const free of FREE) {
          const inputs = [
            { value: numbered(shape!, dtype), fed: true, free },
            { value: ints(...reps!), fed },
          ];
          await assertOperator({ op: "Tile", inputs });
        }
      }
    }
  }
});

test("Split", async () => {
  for (const [shape, at, outputs] of [
    [[6], 0, 3],
    [[2, 4], -1, 2],
    [[4, 3], 0, 1],
    [[3, 0], 0, 3],
  ] as const) {
    for (const dtype of DTYPES) {
      for (const free of FREE) {
        await assertOperator({
          op: "Split",
          inputs: [{ value: axis(at) }, { value: numbered([...shape], dtype), fed: true, free }],
          attributes: { num_split: attr.int(outputs) },
          outputs,
        });
      }
    }
  }
});

test("SplitV", async () => {
  for (const [shape, at, sizes] of [
    [[6], 0, [1, 2, 3]],
    [[2, 5], 1, [2, -1]],
    [[2, 5], -1, [4, -1, 1]],
    [[4, 3], 0, [4]],
  ] as const) {
    for (const dtype of DTYPES) {
      for (const free of FREE) {
        for (const fed of sizes.some((size) => size < 0) ? [false] : FREE) {
          await assertOperator({
            op: "SplitV",
            inputs: [
              { value: numbered([...shape], dtype), fed: true, free },
              { value: ints(...sizes), fed },
              { value: axis(at) },
            ],
            outputs: sizes.length,
          });
        }
      }
    }
  }
});
