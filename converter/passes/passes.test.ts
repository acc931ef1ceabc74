import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { noise } from "../../test/conversion.js";
import { reshape, slice, squeeze, unsqueeze } from "../emit/shape.js";
import { float } from "../graph/attributes.js";
import { GraphBuilder, type Value } from "../graph/builder.js";
import { checkGraph } from "../graph/check.js";
import { float32, int64, scalar, sizeOf } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { writeOnnx } from "../write/onnx.js";
import { optimize } from "./index.js";

/** One random step: which operator, on which earlier tensors, with which details. */
interface Step {
  kind: number;
  left: number;
  right: number;
  detail: number;
}

const weights = (shape: number[], seed: number) => {
  const next = noise(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => next()),
    shape,
  );
};

const PERMUTATIONS = [
  [0, 2, 3, 1],
  [0, 3, 1, 2],
  [0, 1, 3, 2],
  [3, 0, 1, 2],
  [0, 1, 2, 3],
];

/** Adds a node to tensors of four axes; where the shapes do not allow it, nothing. */
function take(b: GraphBuilder, values: Value[], { kind, left, right, detail }: Step): Value | undefined {
  const x = values[left % values.length]!;
  const y = values[right % values.length]!;
  const shape = x.shape as number[];
  const channels = shape[1]!;
  const same = String(x.shape) === String(y.shape);
  const axis = detail % 4;
  switch (kind) {
    case 0:
    case 1:
      return b.add("Transpose", [x], { perm: PERMUTATIONS[detail % PERMUTATIONS.length]! });
    case 2:
      return b.add(["Relu", "Tanh", "Neg", "Identity"][axis]!, [x]);
    case 3:
      return same ? b.add(["Add", "Mul", "Max", "Sub"][axis]!, [x, y]) : undefined;
    case 4: {
      const spread = shape.map((extent, i) => (i === axis ? extent : 1)).slice(detail % 2 === 0 ? 0 : axis);
      return b.add(detail % 3 === 0 ? "Add" : "Mul", [x, b.constant(weights(spread, detail))]);
    }
    case 5:
      return same ? b.add("Concat", [x, y], { axis }) : undefined;
    case 6: {
      if (shape[2]! < 2 || shape[3]! < 2) return undefined;
      const bias = detail % 2 === 0 ? [b.constant(weights([3], detail))] : [];
      return b.add("Conv", [x, b.constant(weights([3, channels, 2, 2], detail)), ...bias], { pads: [0, 1, 1, 0] });
    }
    case 7:
      return b.add(
        "BatchNormalization",
        [x, ...[1, 2, 3].map((seed) => b.constant(weights([channels], seed))), b.constant(positive(channels))],
        { epsilon: float(0.01) },
      );
    case 8:
      return b.add("Pad", [x, b.constant(int64([0, 0, 1, 0, 0, detail % 2, 0, 1])), b.constant(scalar(0))]);
    case 9:
      return b.add("ReduceMean", [x], { axes: [axis], keepdims: 1 });
    case 10:
      return shape[axis]! > 1 ? slice(b, x, [{ axis, start: 1, end: Number.POSITIVE_INFINITY }]) : undefined;
    case 11:
      return reshape(b, x, [shape[0]!, shape[1]!, shape[3]!, shape[2]!]);
    case 12:
      return b.add("Softmax", [x], { axis: axis - 4 });
    case 13: {
      const place = detail % 5;
      const perm = [4, 2, 0, 1, 3].map((at) => (at + detail) % 5);
      const wide = b.add("Transpose", [unsqueeze(b, x, [place])], { perm });
      return squeeze(b, wide, [perm.indexOf(place) - (detail % 2 === 0 ? 0 : 5)]);
    }
    case 14:
      return unsqueeze(b, b.add("Gather", [x, b.constant(scalar(-1, "int64"))], { axis }), [right % 4]);
    case 15:
      return b.add("Gather", [x, b.constant(int64([-1, 0]))], { axis: axis - 4 });
    default:
      return b.add("Unsqueeze", [b.add("ReduceMax", [x], { axes: [axis], keepdims: 0 }), b.constant(int64([axis]))]);
  }
}

const positive = (size: number) => float32(new Float32Array(size).fill(0.7));

function build(steps: Step[], outputs: number): Graph {
  const b = new GraphBuilder(17);
  const values = [b.input("x", "float32", [2, 3, 4, 3]), b.input("y", "float32", [2, 4, 3, 3])];
  for (const step of steps) {
    const made = take(b, values, step);
    if (made && sizeOf(made.shape as number[]) < 2000) values.push(made);
  }
  const ends = values.slice(-outputs).map((value, i) => ({ name: `output${i}`, value }));
  return b.finish("random", ends, { metadata: {} });
}

async function run(graph: Graph): Promise<Record<string, { dims: readonly number[]; data: Float32Array }>> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { graphOptimizationLevel: "disabled" });
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape }, i) => [
      name,
      new ort.Tensor("float32", weights(shape as number[], i).data as Float32Array, shape as number[]),
    ]),
  );
  const results = await session.run(feeds);
  await session.release();
  return results as never;
}

test("optimised graphs compute the same, for random graphs", async () => {
  const natural = fc.nat({ max: 1000 });
  const step = fc.record({ kind: fc.nat({ max: 16 }), left: natural, right: natural, detail: natural });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.integer({ min: 1, max: 3 }),
      async (steps, outputs) => {
        const graph = build(steps, outputs);
        const before = writeOnnx(graph);
        const better = optimize(graph);
        checkGraph(better);
        assert.deepEqual(writeOnnx(graph), before, "the given graph stays as it is");
        assert.ok(better.nodes.length <= graph.nodes.length + 1);
        const [expected, actual] = [await run(graph), await run(better)];
        for (const { name, shape } of better.outputs) {
          assert.deepEqual([...actual[name]!.dims], [...expected[name]!.dims]);
          assert.deepEqual(shape, [...expected[name]!.dims]);
          const peak = expected[name]!.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
          expected[name]!.data.forEach((value, i) => {
            assert.ok(Math.abs(value - actual[name]!.data[i]!) <= 1e-5 * peak, `${name}[${i}]`);
          });
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("the largest along an axis is found before a transpose as behind it", async () => {
  for (const perm of PERMUTATIONS) {
    for (const axis of [0, 1, 2, 3]) {
      for (const keepdims of [0, 1]) {
        const b = new GraphBuilder(17);
        const x = b.input("x", "float32", [2, 3, 4, 3]);
        const places = b.add("ArgMax", [b.add("Transpose", [x], { perm })], { axis, keepdims });
        const graph = b.finish("search", [{ name: "y", value: places }], { metadata: {} });
        const better = optimize(graph);
        checkGraph(better);
        const [expected, actual] = [await run(graph), await run(better)];
        assert.deepEqual([...actual.y!.dims], [...expected.y!.dims]);
        assert.deepEqual([...actual.y!.data], [...expected.y!.data]);
        // Channels last, as images lie in TensorFlow.js: nothing is left to transpose.
        if (perm === PERMUTATIONS[0] && axis === 3 && keepdims === 0) assert.equal(better.nodes.length, 1);
      }
    }
  }
});

test("a slice whose begins are int32 of the run keeps one type of numbers when a transpose passes it", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [2, 3, 4, 3]);
  const least = b.add("ReduceMin", [x], { keepdims: 0 });
  const ints = (...values: number[]): Value =>
    b.constant({ dtype: "int32", shape: [values.length], data: Int32Array.from(values) });
  const begins = b.add("Mul", [b.add("Cast", [reshape(b, least, [1])], { to: 6 }), ints(0, 0)]);
  const last = b.add("Transpose", [x], { perm: [0, 2, 3, 1] });
  const cut = b.add("Slice", [last, begins, ints(3, 2), ints(1, 2), ints(1, 1)]);
  const y = b.add("Transpose", [cut], { perm: [0, 3, 1, 2] });
  const graph = b.finish("cut", [{ name: "y", value: y }], { metadata: {} });
  const better = optimize(graph);
  assert.ok(!better.nodes.some(({ op }) => op === "Transpose"));
  assert.deepEqual((await run(better)).y!.data, (await run(graph)).y!.data);
});

test("the shape of an image is asked for without turning it", async () => {
  for (const [start, end] of [[], [1, 3], [-1], [0, -1]]) {
    const b = new GraphBuilder(17);
    const x = b.input("x", "float32", ["A", "B", "C", "D"]);
    const last = b.add("Transpose", [b.add("Relu", [x])], { perm: [0, 2, 3, 1] });
    const extents = b.add("Shape", [last], { start, end });
    const graph = b.finish("shape", [{ name: "y", value: b.add("Cast", [extents], { to: 1 }) }], { metadata: {} });
    const better = optimize(graph);
    checkGraph(better);
    assert.ok(!better.nodes.some(({ op }) => op === "Transpose"), `${start} to ${end}`);
    const sized = (of: Graph) => ({ ...of, inputs: [{ ...of.inputs[0]!, shape: [2, 3, 4, 5] }] });
    assert.deepEqual((await run(sized(better))).y!.data, (await run(sized(graph))).y!.data);
  }
});

test("a convolution along one axis, written as one of images, is transposed once before and once behind", () => {
  const b = new GraphBuilder(17);
  const toFirst = { perm: [0, 3, 1, 2] };
  const toLast = { perm: [0, 2, 3, 1] };
  let x = b.input("x", "float32", ["N", 40, 3]);
  for (let i = 0; i < 3; i++) {
    const kernel = b.constant(weights([3, 3, 1, 3], i));
    const first = b.add("Transpose", [unsqueeze(b, x, [1])], toFirst);
    x = squeeze(b, b.add("Transpose", [b.add("Conv", [first, kernel])], toLast), [1]);
    x = b.add("Relu", [x]);
  }
  const graph = optimize(b.finish("signal", [{ name: "y", value: x }], { metadata: {} }));
  const count = (op: string) => graph.nodes.filter((node) => node.op === op).length;
  assert.equal(count("Transpose"), 2);
  assert.equal(count("Conv"), 3);
});
