import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { assertGraph, assertOperator, attr, graphArtifacts, ints, numbered } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

/** How the vectors of bounds reach the node: as constants, or at run time. */
const WAYS = [
  { fed: false, free: false },
  { fed: false, free: true },
  { fed: true, free: false },
];

test("Slice", async () => {
  for (const [shape, begin, size] of [
    [[5], [1], [3]],
    [
      [4, 3],
      [0, 1],
      [-1, 2],
    ],
    [
      [4, 3],
      [2, 0],
      [2, -1],
    ],
    [[2, 3, 4], [1], [1]],
    [
      [2, 3, 4],
      [0, 0, 0],
      [-1, -1, -1],
    ],
    [
      [2, 3],
      [1, 1],
      [0, 2],
    ],
  ]) {
    for (const dtype of ["float32", "int32", "bool", "string"] as const) {
      for (const { fed, free } of WAYS) {
        const inputs = [
          { value: numbered(shape!, dtype), fed: true, free },
          { value: ints(...begin!), fed },
          { value: ints(...size!), fed },
        ];
        await assertOperator({ op: "Slice", inputs });
      }
    }
  }
});

test("Slice where only begin or size is known when the model is converted", async () => {
  for (const fed of [1, 2]) {
    const inputs = [numbered([4, 3]), ints(1, 0), ints(2, -1)].map((value, i) => ({
      value,
      fed: i === 0 || i === fed,
    }));
    await assertOperator({ op: "Slice", inputs });
  }
});

/** Bounds for an axis, as Python takes them. */
const bounds = fc.record({
  begin: fc.integer({ min: -6, max: 6 }),
  end: fc.integer({ min: -6, max: 6 }),
  stride: fc.constantFrom(1, 1, 1, 2, -1, -2),
  kind: fc.constantFrom("range", "range", "range", "noBegin", "noEnd", "all", "new", "drop", "ellipsis"),
});

const bits = (flags: boolean[]) => flags.reduce((mask, flag, i) => mask + (flag ? 2 ** i : 0), 0);

test("StridedSlice", async () => {
  let compared = 0;
  const property = fc.asyncProperty(
    fc.constantFrom<number[]>([5], [3, 4], [2, 3, 4], [1, 3, 1, 2]),
    fc.array(bounds, { minLength: 1, maxLength: 5 }),
    fc.constantFrom(...WAYS),
    fc.constantFrom("float32" as const, "int32" as const, "bool" as const, "string" as const),
    async (shape, entries, { fed, free }, dtype) => {
      const is = (...kinds: string[]) => entries.map((entry) => kinds.includes(entry.kind));
      const masks = {
        beginMask: bits(is("noBegin", "all")),
        endMask: bits(is("noEnd", "all")),
        ellipsisMask: bits(is("ellipsis")),
        newAxisMask: bits(is("new")),
        shrinkAxisMask: bits(is("drop")),
      };
      const x = numbered(shape, dtype);
      const vectors = [entries.map(({ begin }) => begin), entries.map(({ end }) => end)] as const;
      const strides = entries.map(({ stride, kind }) => (kind === "drop" ? 1 : stride));
      // With strides other than 1 TensorFlow.js mixes up the axes behind a dropped one.
      fc.pre(masks.shrinkAxisMask === 0 || strides.every((stride) => stride === 1));
      try {
        const info = tf.slice_util.sliceInfo(
          shape,
          [...vectors[0]],
          [...vectors[1]],
          strides,
          masks.beginMask,
          masks.endMask,
          masks.ellipsisMask,
          masks.newAxisMask,
          masks.shrinkAxisMask,
        );
        // It throws for ranges that run backwards, and reads on to the end where they do so by 1.
        const size = info.begin.map((begin, i) => (info.end[i]! - begin) / info.strides[i]!);
        fc.pre(size.every((extent) => extent >= 0));
        // Where extent or begin are free, ONNX takes the first when a range runs backwards from before it.
        fc.pre(!(fed || free) || info.strides.every((stride, i) => stride > 0 || info.begin[i]! >= 0));
        tf.stridedSlice(x, [...vectors[0]], [...vectors[1]], strides, ...Object.values(masks));
      } catch (error) {
        if (fc.PreconditionFailure.isFailure(error)) throw error;
        fc.pre(false);
      }
      compared += 1;
      await assertOperator({
        op: "StridedSlice",
        inputs: [
          { value: x, fed: true, free },
          { value: ints(...vectors[0]), fed },
          { value: ints(...vectors[1]), fed },
          { value: ints(...strides) },
        ],
        attributes: {
          begin_mask: attr.int(masks.beginMask),
          end_mask: attr.int(masks.endMask),
          ellipsis_mask: attr.int(masks.ellipsisMask),
          new_axis_mask: attr.int(masks.newAxisMask),
          shrink_axis_mask: attr.int(masks.shrinkAxisMask),
        },
      });
    },
  );
  await fc.assert(property, { numRuns: 100, seed: 11 });
  assert.ok(compared >= 100);
});

test("a shape with a free batch, taken apart and put together again, is a constant", async () => {
  const graph = {
    inputs: { x: { shape: [-1, 2, 6], dtype: "float32" as const } },
    constants: {
      zero: ints(0),
      one: ints(1),
      two: ints(2),
      rest: tf.scalar(-1, "int32"),
      three: tf.scalar(3, "int32"),
    },
    nodes: [
      { name: "shape", op: "Shape", input: ["x"] },
      {
        name: "batch",
        op: "StridedSlice",
        input: ["shape", "zero", "one", "one"],
        attr: { shrink_axis_mask: attr.int(1) },
      },
      { name: "packed", op: "Pack", input: ["batch", "three", "rest"], attr: { axis: attr.int(0) } },
      { name: "y", op: "Reshape", input: ["x", "packed"] },
    ],
    outputs: ["y"],
  };
  await assertGraph(graph, { x: numbered([4, 2, 6]) });
  const { graph: read } = readGraphModel(graphArtifacts(graph), { opset: 17 });
  assert.deepEqual(read.outputs[0]!.shape, ["N", 3, 4]);
  const reshape = read.nodes.find(({ op }) => op === "Reshape")!;
  assert.deepEqual(read.initializers.get(reshape.inputs[1]!)!.data, BigInt64Array.of(0n, 3n, 4n));
});

for (const op of ["Reverse", "ReverseV2"]) {
  test(op, async () => {
    for (const [shape, axes] of [
      [[5], [0]],
      [[2, 3], [1]],
      [
        [2, 3, 4],
        [0, 2],
      ],
      [[2, 3], []],
      [[0, 3], [1]],
    ] as const) {
      for (const free of [false, true]) {
        const flags = shape.map((_, axis) => Number((axes as readonly number[]).includes(axis)));
        const given = op === "Reverse" ? tf.tensor1d(flags, "bool") : ints(...axes);
        await assertOperator({ op, inputs: [{ value: numbered([...shape]), fed: true, free }, { value: given }] });
      }
    }
  });
}
