import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { attr, graphArtifacts, type TestGraph } from "../../../test/graph-model.js";
import { checkGraph } from "../../graph/check.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "../../read/graph-model/index.js";
import { writeOnnx } from "../../write/onnx.js";

before(async () => {
  await tf.setBackend("cpu");
});

interface Drawing {
  op: string;
  attributes?: Record<string, unknown>;
  shape: number[];
  dtype?: "float32" | "int32";
  /** The shape is an input of the model. */
  fed?: boolean;
}

interface Draws {
  tfjs: Float32Array;
  onnx: number[][];
}

/** Draws in TensorFlow.js and twice in onnxruntime; types and shapes must agree. */
async function draws({ op, attributes, shape, dtype, fed = false }: Drawing): Promise<Draws> {
  const extents = tf.tensor(shape, [shape.length], "int32");
  const type = dtype ? { dtype: attr.dtype(dtype) } : {};
  const graph: TestGraph = {
    inputs: {
      x: { shape: [], dtype: "float32" },
      ...(fed ? { shape: { shape: [shape.length], dtype: "int32" } } : {}),
    },
    constants: fed ? {} : { shape: extents },
    nodes: [
      { name: "y", op, input: ["shape"], attr: { ...type, ...attributes } },
      { name: "used", op: "Identity", input: ["x"] },
    ],
    outputs: ["y", "used"],
  };
  const inputs = { x: tf.scalar(1), ...(fed ? { shape: extents } : {}) };
  const artifacts = graphArtifacts(graph);
  const model = await tf.loadGraphModel({ load: async () => artifacts });
  const [expected] = (await model.executeAsync(inputs)) as tf.Tensor[];
  const converted = optimize(readGraphModel(artifacts, { opset: 17 }).graph);
  checkGraph(converted);
  const session = await ort.InferenceSession.create(writeOnnx(converted), { logSeverityLevel: 3 });
  const feeds = {
    x: new ort.Tensor("float32", [1], []),
    ...(fed ? { shape: new ort.Tensor("int32", shape, [shape.length]) } : {}),
  };
  const onnx: number[][] = [];
  for (let i = 0; i < 2; i++) {
    const { y } = await session.run(feeds);
    assert.deepEqual([y!.type, y!.dims], [expected!.dtype, expected!.shape]);
    onnx.push(Array.from(y!.data as Float32Array, Number));
  }
  await session.release();
  const declared = converted.outputs[0]!;
  assert.equal(declared.dtype, expected!.dtype);
  if (!fed) assert.deepEqual(declared.shape, shape);
  return { tfjs: expected!.dataSync() as Float32Array, onnx };
}

/** Mean, deviation, and the shares below some numbers. */
function describe(values: ArrayLike<number>, cuts: number[]): number[] {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length;
  return [mean, Math.sqrt(variance), ...cuts.map((cut) => list.filter((value) => value < cut).length / list.length)];
}

const MANY = [200, 100];

/** Asserts that the distributions agree, and that two runs differ. Seeds make the draws the same in every test run. */
async function assertAlike(drawing: Omit<Drawing, "shape">, cuts: number[], scale = 1): Promise<Draws> {
  const seeded = { ...drawing, attributes: { seed: attr.int(7), ...drawing.attributes } };
  const drawn = await draws({ ...seeded, shape: MANY });
  const expected = describe(drawn.tfjs, cuts);
  for (const values of drawn.onnx) {
    describe(values, cuts).forEach((value, i) => {
      const allowed = i < 2 ? 0.05 * scale : 0.02;
      assert.ok(Math.abs(value - expected[i]!) <= allowed, `${drawing.op}: ${value}, not ${expected[i]} (${i})`);
    });
  }
  assert.notDeepEqual(drawn.onnx[0], drawn.onnx[1]);
  return drawn;
}

const NORMAL_CUTS = [-1.5, -0.5, 0.25, 1];

test("RandomStandardNormal", async () => {
  for (const fed of [false, true]) {
    await assertAlike({ op: "RandomStandardNormal", fed }, NORMAL_CUTS);
    await assertAlike({ op: "RandomStandardNormal", fed, dtype: "int32" }, NORMAL_CUTS);
  }
});

test("RandomUniform", async () => {
  for (const fed of [false, true]) {
    const { onnx } = await assertAlike({ op: "RandomUniform", fed }, [0.1, 0.5, 0.8]);
    assert.ok(onnx.flat().every((value) => value >= 0 && value < 1));
    const attributes = { minval: attr.float(-3), maxval: attr.float(5) };
    await assertAlike({ op: "RandomUniform", fed, attributes, dtype: "int32" }, [-2, 0, 1, 4], 2);
  }
});

test("RandomUniformInt", async () => {
  const attributes = { minval: attr.int(-2), maxval: attr.int(6) };
  const { onnx } = await assertAlike({ op: "RandomUniformInt", attributes }, [-1, 0, 1, 5], 2);
  assert.deepEqual(
    [...new Set(onnx.flat())].sort((a, b) => a - b),
    [-1, 0, 1, 2, 3, 4, 5],
  );
  // Without bounds as attributes TensorFlow.js draws zeros.
  const { tfjs, onnx: zeros } = await draws({ op: "RandomUniformInt", shape: [5] });
  assert.deepEqual(zeros, [[...tfjs], [...tfjs]]);
});

test("TruncatedNormal", async () => {
  for (const fed of [false, true]) {
    const { onnx } = await assertAlike({ op: "TruncatedNormal", fed }, NORMAL_CUTS);
    assert.ok(onnx.flat().every((value) => Math.abs(value) <= 2));
    const attributes = { means: attr.float(10), stddev: attr.float(3) };
    const far = await assertAlike({ op: "TruncatedNormal", fed, attributes }, [6, 9, 12], 3);
    assert.ok(far.onnx.flat().every((value) => value >= 4 && value <= 16));
    await assertAlike({ op: "TruncatedNormal", fed, attributes, dtype: "int32" }, [6, 9, 12], 3);
  }
});

test("numbers of every shape, also none", async () => {
  for (const op of ["RandomStandardNormal", "RandomUniform", "TruncatedNormal"]) {
    for (const shape of [[], [3], [0], [2, 0, 3], [2, 3, 4]]) {
      for (const fed of [false, true]) await draws({ op, shape, fed });
    }
  }
});

test("Multinomial", async () => {
  const logits = [0.5, -1, 2, 1];
  const shares = [...(tf.softmax(tf.tensor1d(logits)).dataSync() as Float32Array)];
  for (const rows of [undefined, 2]) {
    const graph: TestGraph = {
      inputs: { logits: { shape: rows ? [-1, 4] : [4], dtype: "float32" } },
      constants: { count: tf.scalar(20000, "int32") },
      nodes: [{ name: "y", op: "Multinomial", input: ["logits", "count"], attr: { seed: attr.int(3) } }],
      outputs: ["y"],
    };
    const artifacts = graphArtifacts(graph);
    const given = tf.tensor(rows ? [...logits, ...logits] : logits, rows ? [2, 4] : [4]);
    const model = await tf.loadGraphModel({ load: async () => artifacts });
    const expected = (await model.executeAsync({ logits: given })) as tf.Tensor;
    const converted = optimize(readGraphModel(artifacts, { opset: 17 }).graph);
    const session = await ort.InferenceSession.create(writeOnnx(converted), { logSeverityLevel: 3 });
    const feed = new ort.Tensor("float32", Float32Array.from(given.dataSync()), given.shape);
    const { y } = await session.run({ logits: feed });
    await session.release();
    assert.deepEqual([y!.type, y!.dims], [expected.dtype, expected.shape]);
    const drawn = Array.from(y!.data as Int32Array, Number);
    shares.forEach((share, i) => {
      const found = drawn.filter((value) => value === i).length / drawn.length;
      assert.ok(Math.abs(found - share) < 0.02, `${i}: ${found}, not ${share}`);
    });
  }
});
