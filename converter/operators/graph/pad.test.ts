import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, attr, numbered } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const DTYPES = ["float32", "int32", "bool"] as const;

/** The input as it is, of free extents, and the paddings at run time. */
const WAYS = [
  { free: false, fed: false },
  { free: true, fed: false },
  { free: false, fed: true },
];

const paddings = (pairs: number[][]) => tf.tensor2d(pairs, [pairs.length, 2], "int32");

const CASES: [number[], number[][]][] = [
  [[4], [[1, 2]]],
  [
    [2, 3],
    [
      [0, 0],
      [2, 1],
    ],
  ],
  [
    [2, 3, 4],
    [
      [1, 0],
      [0, 0],
      [2, 3],
    ],
  ],
  [
    [2, 3],
    [
      [1, 1],
      [0, 1],
    ],
  ],
  [
    [2, 3],
    [
      [0, 0],
      [0, 0],
    ],
  ],
];

test("Pad, PadV2", async () => {
  for (const [shape, pairs] of [
    ...CASES,
    [
      [0, 2],
      [
        [1, 1],
        [0, 0],
      ],
    ] as [number[], number[][]],
  ]) {
    for (const dtype of DTYPES) {
      for (const { free, fed } of WAYS) {
        const inputs = [
          { value: numbered(shape, dtype), fed: true, free },
          { value: paddings(pairs), fed },
        ];
        await assertOperator({ op: "Pad", inputs });
        const filler = tf.scalar(dtype === "bool" ? 1 : -3, dtype);
        await assertOperator({ op: "PadV2", inputs: [...inputs, { value: filler, fed }] });
      }
    }
  }
  const inputs = [
    { value: numbered([2, 3]), fed: true },
    {
      value: paddings([
        [1, 0],
        [0, 2],
      ]),
    },
  ];
  await assertOperator({ op: "Pad", inputs, attributes: { constant_value: attr.float(2.5) } });
});

test("MirrorPad", async () => {
  for (const mode of ["REFLECT", "SYMMETRIC"]) {
    for (const [shape, pairs] of CASES) {
      // A mirror image reaches no further than the tensor.
      const fits = pairs.every((pair, i) => pair.every((rows) => rows <= shape[i]! - (mode === "REFLECT" ? 1 : 0)));
      if (!fits) continue;
      for (const dtype of DTYPES) {
        for (const { free, fed } of WAYS) {
          if (fed && mode === "SYMMETRIC") continue;
          const inputs = [
            { value: numbered(shape, dtype), fed: true, free },
            { value: paddings(pairs), fed },
          ];
          await assertOperator({ op: "MirrorPad", inputs, attributes: { mode: attr.string(mode) } });
        }
      }
    }
  }
});
