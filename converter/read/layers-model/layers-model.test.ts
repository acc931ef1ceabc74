import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { ShowtellError } from "../../../errors/index.js";
import { assertConverts, noiseTensor, stirWeights } from "../../../test/conversion.js";
import { convert, layerClasses, registerLayer } from "../../index.js";
import { artifactsOf } from "./live.js";

type Symbolic = tf.SymbolicTensor;

before(async () => {
  await tf.setBackend("cpu");
});

function small(): tf.LayersModel {
  const image = tf.input({ shape: [6, 6, 2], name: "image" });
  const conv = tf.layers.conv2d({ name: "conv", filters: 3, kernelSize: 3, strides: 2, padding: "same" }).apply(image);
  const norm = tf.layers.batchNormalization({ name: "norm" }).apply(conv);
  const flat = tf.layers.reshape({ name: "flat", targetShape: [9, 3] }).apply(norm);
  const lstm = tf.layers.lstm({ name: "lstm", units: 4 }).apply(flat);
  const model = tf.model({
    inputs: image,
    outputs: tf.layers.dense({ name: "dense", units: 2 }).apply(lstm) as Symbolic,
  });
  stirWeights(model);
  return model;
}

test("a model converts the same live and from its artifacts, its weights in one buffer or in shards", async () => {
  const model = small();
  const artifacts = await artifactsOf(model);
  const whole = new Uint8Array(artifacts.weightData as ArrayBuffer);
  const shards = [whole.slice(0, 100).buffer, whole.slice(100).buffer];
  const [live, stored, sharded] = await Promise.all([
    convert(model),
    convert(artifacts),
    convert({ ...artifacts, weightData: shards }),
  ]);
  assert.deepEqual(stored.bytes(), live.bytes());
  assert.deepEqual(sharded.bytes(), live.bytes());
  assert.equal(live.report.layers, 6);
  assert.deepEqual(live.report.warnings, []);
});

test("quantised weights are widened as tfjs does it", async () => {
  const model = small();
  for (const dtype of ["uint8", "uint16", "float16"] as const) {
    const { weightSpecs, weightData, ...rest } = await artifactsOf(model);
    const values = weightSpecs!.map((spec, i) => ({
      spec,
      data: model.weights
        .find((weight) => weight.originalName === spec.name)!
        .read()
        .dataSync() as Float32Array,
      i,
    }));
    assert.ok(weightData);
    const parts = values.map(({ spec, data }) => quantise(spec, data, dtype));
    const quantised = {
      ...rest,
      weightSpecs: parts.map((part) => part.spec),
      weightData: new Uint8Array(Buffer.concat(parts.map((part) => new Uint8Array(part.bytes)))).buffer,
    };
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(quantised));
    const { graph } = await convert(quantised);
    const direct = await convert(loaded);
    for (const [name, tensor] of direct.graph.initializers) {
      assert.deepEqual(graph.initializers.get(name)!.data, tensor.data, `${dtype} ${name}`);
    }
  }
});

/** Stores a weight in fewer bytes, as tensorflowjs_converter's --quantize options do. */
function quantise(spec: tf.io.WeightsManifestEntry, data: Float32Array, dtype: "uint8" | "uint16" | "float16") {
  if (dtype === "float16") {
    const halves = Uint16Array.from(data, (_, i) => (0x3000 + ((i * 37) % 0x0c00)) | (i % 2 === 0 ? 0x8000 : 0));
    return { spec: { ...spec, quantization: { dtype, original_dtype: "float32" } } as never, bytes: halves.buffer };
  }
  const min = Math.min(...data);
  const steps = dtype === "uint8" ? 255 : 65535;
  const scale = (Math.max(...data) - min) / steps || 1;
  const codes = Array.from(data, (value) => Math.round((value - min) / scale));
  const bytes = (dtype === "uint8" ? Uint8Array.from(codes) : Uint16Array.from(codes)).buffer;
  return { spec: { ...spec, quantization: { dtype, scale, min } } as never, bytes };
}

test("a class of one's own is converted by one's own lowering", async () => {
  class Squared extends tf.layers.Layer {
    static readonly className = "SquaredForTest";
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.square(Array.isArray(inputs) ? inputs[0]! : inputs);
    }
    override computeOutputShape(shape: tf.Shape): tf.Shape {
      return shape;
    }
  }
  tf.serialization.registerClass(Squared);
  const x = tf.input({ shape: [3] });
  const model = tf.model({ inputs: x, outputs: new Squared({ name: "own" }).apply(x) as Symbolic });
  await assert.rejects(convert(model), { code: "CONVERT_UNSUPPORTED", message: /"own" \(SquaredForTest\)/ });
  registerLayer("SquaredForTest", ({ b, x }) => b.add("Mul", [x, x]));
  await assertConverts(model, [noiseTensor([2, 3])]);
  assert.ok(layerClasses().includes("SquaredForTest"));
});

test("names: what is asked for exactly, and what cannot be", async () => {
  const model = small();
  const { graph } = await convert(model, { name: "mine", outputs: ["image_1"], inputs: { image: { name: "pixels" } } });
  assert.equal(graph.name, "mine");
  assert.deepEqual(graph.inputs[0]!.name, "pixels");
  assert.deepEqual(graph.outputs[0]!.name, "image_1");
  await assert.rejects(convert(model, { outputs: ["image"] }), { code: "USAGE", message: /"image"/ });
  await assert.rejects(convert(model, { outputs: ["a", "b"] }), { code: "USAGE", message: /1 outputs/ });
  await assert.rejects(convert(model, { inputs: { nothing: {} } }), { code: "USAGE", message: /"nothing"/ });
  await assert.rejects(convert(model, { inputs: { image: { squeeze: true } } }), {
    code: "USAGE",
    message: /extent 2/,
  });
  await assert.rejects(convert(model, { opset: 16 }), { code: "USAGE", message: /16/ });
  await assert.rejects(convert(model, { keep: { nothing: "x" } }), { code: "USAGE", message: /"nothing"/ });
});

test("damaged files are named", async () => {
  const artifacts = await artifactsOf(small());
  const data = artifacts.weightData as ArrayBuffer;
  const invalid = (message: RegExp) => ({ code: "CONVERT_INVALID_MODEL", message });
  await assert.rejects(convert({ ...artifacts, weightData: data.slice(0, -4) }), invalid(/bytes/));
  await assert.rejects(convert({ ...artifacts, weightData: new ArrayBuffer(data.byteLength + 4) }), invalid(/bytes/));
  await assert.rejects(convert({ ...artifacts, weightData: undefined }), invalid(/no weight data/));
  await assert.rejects(convert({ ...artifacts, modelTopology: {} }), invalid(/class name/));
  const renamed = artifacts.weightSpecs!.map((spec) => ({ ...spec, name: `other_${spec.name}` }));
  await assert.rejects(convert({ ...artifacts, weightSpecs: renamed }), invalid(/"conv".*"kernel" is missing/));
  const topology = structuredClone(artifacts.modelTopology) as { config: { layers: { inbound_nodes: unknown }[] } };
  topology.config.layers[1]!.inbound_nodes = [[["dense", 0, 0, {}]]];
  await assert.rejects(convert({ ...artifacts, modelTopology: topology }), invalid(/its own output/));
  const fraction = structuredClone(artifacts.modelTopology) as { config: { layers: { config: object }[] } };
  Object.assign(fraction.config.layers[1]!.config, { strides: 1.5 });
  await assert.rejects(convert({ ...artifacts, modelTopology: fraction }), invalid(/1\.5, no whole number/));
});

/** Masks, states, stacks of cells, both directions, and a model over time. */
function recurrent(): tf.LayersModel {
  const words = tf.input({ batchShape: [2, 4], dtype: "int32" });
  const run = (layer: unknown, input: Symbolic) => (layer as tf.layers.Layer).apply(input) as Symbolic;
  const vectors = run(tf.layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true }), words);
  const both = tf.layers.bidirectional({
    layer: tf.layers.gru({ units: 2, returnSequences: true, stateful: true }) as tf.RNN,
    mergeMode: "concat",
  });
  const cells = [tf.layers.lstmCell({ units: 2 }), tf.layers.simpleRNNCell({ units: 3 })];
  const stack = tf.layers.rnn({ cell: cells as never, returnSequences: true });
  const inner = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  const over = tf.layers.timeDistributed({ layer: inner });
  return tf.model({ inputs: words, outputs: run(over, run(stack, run(both, vectors))) });
}

for (const [name, make] of [
  ["a plain model", small],
  ["a recurrent model", recurrent],
] as const) {
  test(`whatever is changed in the files of ${name}, there is one clear error or a graph`, async () => {
    const artifacts = await artifactsOf(make());
    const text = JSON.stringify({ topology: artifacts.modelTopology, specs: artifacts.weightSpecs });
    const odd = fc.constantFrom<unknown>(
      null,
      -1,
      0,
      1e12,
      2 ** 53,
      1.5,
      Number.NaN,
      "",
      "constructor",
      "__proto__",
      [],
      {},
      [[]],
      true,
      "same",
    );
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), odd, async (place, value) => {
        const json = JSON.parse(text);
        replace(json, place, value);
        const changed = { ...artifacts, modelTopology: json.topology, weightSpecs: json.specs };
        try {
          await convert(changed);
        } catch (error) {
          refused += 1;
          assert.ok(error instanceof ShowtellError, String((error as Error).stack));
          assert.match(error.code, /^CONVERT_|^USAGE$/);
        }
      }),
      { numRuns: 400 },
    );
    assert.ok(refused > 50, `${refused} refused`);
  });
}

/** Puts a value at one of the places of a JSON document. */
function replace(json: unknown, place: number, value: unknown): void {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (node: unknown) => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      visit((node as Record<string, unknown>)[key]);
    }
  };
  visit(json);
  const [owner, key] = places[place % places.length]!;
  owner[key] = structuredClone(value);
}
