import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, attr, graphArtifacts, ints, numbered } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const DTYPES = ["float32", "int32", "bool"] as const;
const WITH_TEXTS = [...DTYPES, "string"] as const;
const FREE = [false, true];

/** Of each type, of fixed and of free extents, to a shape that is constant or given at run time. */
async function assertReshaped(op: string, shape: number[], to: number[], dtypes: readonly tf.DataType[]) {
  for (const dtype of dtypes) {
    for (const free of FREE) {
      for (const fed of FREE) {
        const inputs = [
          { value: numbered(shape, dtype), fed: true, free },
          { value: ints(...to), fed },
        ];
        await assertOperator({ op, inputs });
      }
    }
  }
}

test("Cast", async () => {
  const x = tf.tensor1d([0, -1.75, 2.5, 1e-9, 300, -0]);
  for (const from of DTYPES) {
    for (const to of DTYPES) {
      for (const fed of FREE) {
        await assertOperator({
          op: "Cast",
          inputs: [{ value: x.cast(from), fed }],
          attributes: { DstT: attr.dtype(to) },
        });
      }
    }
  }
  await assertOperator({ op: "Cast", inputs: [{ value: x, fed: true }], attributes: { DstT: { type: "DT_UINT8" } } });
});

test("Reshape", async () => {
  for (const [shape, to] of [
    [
      [2, 3],
      [3, 2],
    ],
    [
      [2, 3, 4],
      [2, -1],
    ],
    [[4], [2, 1, -1]],
    [[1], []],
    [[], [1, 1]],
    [
      [0, 3],
      [3, 0],
    ],
    [
      [2, 0],
      [5, 0, 1],
    ],
    [[6], [-1]],
  ] as [number[], number[]][]) {
    await assertReshaped("Reshape", shape, to, WITH_TEXTS);
  }
});

test("ExpandDims, Squeeze, EnsureShape", async () => {
  for (const dtype of WITH_TEXTS) {
    for (const free of FREE) {
      for (const axis of [0, 1, 2, -1, -2, -3]) {
        const inputs = [{ value: numbered([2, 3], dtype), fed: true, free }, { value: tf.scalar(axis, "int32") }];
        await assertOperator({ op: "ExpandDims", inputs });
      }
      for (const axes of [[0], [2], [-1, 0], [0, 2]]) {
        for (const name of ["axis", "squeeze_dims"]) {
          const inputs = [{ value: numbered([1, 3, 1], dtype), fed: true, free }];
          await assertOperator({ op: "Squeeze", inputs, attributes: { [name]: attr.ints(axes) } });
        }
      }
      const inputs = [{ value: numbered([2, 3], dtype), fed: true, free }, { value: ints(2, 3) }];
      await assertOperator({ op: "EnsureShape", inputs });
    }
    await assertOperator({ op: "Squeeze", inputs: [{ value: numbered([1, 3, 1, 2], dtype), fed: true }] });
    await assertOperator({ op: "Squeeze", inputs: [{ value: numbered([2, 3], dtype), fed: true }] });
    await assertOperator({ op: "ExpandDims", inputs: [{ value: numbered([], dtype), fed: true }, { value: ints(0) }] });
  }
});

test("Squeeze without axes says that it keeps free ones", () => {
  const { graph, warnings } = readGraphModel(
    graphArtifacts({
      inputs: { x: { shape: [-1, 1, 3], dtype: "float32" } },
      nodes: [{ name: "y", op: "Squeeze", input: ["x"] }],
      outputs: ["y"],
    }),
    { opset: 17 },
  );
  assert.deepEqual(graph.outputs[0]!.shape, ["N", 3]);
  assert.match(warnings[0]!, /"y" \(Squeeze\).*free axes/);
});

test("BroadcastTo", async () => {
  for (const [shape, to] of [
    [[3], [2, 3]],
    [
      [2, 1, 3],
      [2, 4, 3],
    ],
    [[], [2, 2]],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [1, 3],
      [1, 1, 3],
    ],
  ] as [number[], number[]][]) {
    await assertReshaped("BroadcastTo", shape, to, DTYPES);
  }
});

test("BroadcastArgs", async () => {
  for (const [left, right] of [
    [
      [2, 3],
      [1, 3],
    ],
    [[3], [4, 2, 1]],
    [
      [1, 5, 1],
      [1, 4],
    ],
    [[1], [1]],
    [[], [2, 3]],
  ]) {
    for (const fed of [
      [true, true],
      [true, false],
      [false, false],
    ]) {
      const inputs = [left!, right!].map((shape, i) => ({ value: ints(...shape), fed: fed[i] }));
      if (left!.length === 0 && fed[0]) continue;
      await assertOperator({ op: "BroadcastArgs", inputs });
    }
  }
});
