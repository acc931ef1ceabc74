import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { writeOnnx } from "../../converter/index.js";
import { ShowtellError } from "../../errors/index.js";
import { packageRoot } from "../../files/package-root.js";
import { saveModel } from "../../test/save-model.js";
import { startEngine } from "../engine/index.js";
import { type Backbone, type Normalization, openBackbone } from "./index.js";
import { buildLayersModel, openLayersFiles } from "./layers-model.js";

let folder: string;
before(async () => {
  await startEngine("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-layers-"));
});
after(() => rm(folder, { recursive: true }));

/** A small network with a branch, batch norm and layers beyond the cut. */
function smallNetwork(): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 3], name: "picture" });
  const initial = (seed: number) => tf.initializers.randomNormal({ stddev: 0.5, seed });
  const a = tf.layers
    .conv2d({ name: "a", filters: 4, kernelSize: 3, strides: 2, padding: "same", kernelInitializer: initial(1) })
    .apply(input);
  const norm = tf.layers.batchNormalization({ name: "norm" }).apply(a) as tf.SymbolicTensor;
  const b = tf.layers.conv2d({ name: "b", filters: 4, kernelSize: 1, kernelInitializer: initial(2) }).apply(norm);
  const sum = tf.layers.add({ name: "sum" }).apply([norm, b as tf.SymbolicTensor]);
  const pooled = tf.layers.globalAveragePooling2d({ name: "mean" } as never).apply(sum);
  const out = tf.layers.dense({ name: "classes", units: 5, kernelInitializer: initial(3) }).apply(pooled);
  return tf.model({ inputs: input, outputs: out as tf.SymbolicTensor });
}

const save = (model: tf.LayersModel, to: string, shardBytes = 100, quantise = false) =>
  saveModel(model, to, { shardBytes, quantise });

const PICTURE = () =>
  tf.tensor(
    Float32Array.from({ length: 384 }, (_, i) => (i * 37) % 256),
    [2, 8, 8, 3],
  );

/** The features that the backbone's ONNX graph gives for whole-numbered pixels. */
async function runOnnx(backbone: Backbone, pixels: tf.Tensor): Promise<ort.Tensor> {
  const session = await ort.InferenceSession.create(writeOnnx(await backbone.graph()));
  const image = new ort.Tensor("uint8", Uint8Array.from(await pixels.data()), pixels.shape);
  return (await session.run({ image })).features!;
}

/** Each normalisation, written out on plain numbers. */
const FORMULAS: Record<Normalization, (rgb: number[]) => number[]> = {
  none: (rgb) => rgb,
  "0..1": (rgb) => rgb.map((v) => v / 255),
  "-1..1": (rgb) => rgb.map((v) => v / 127.5 - 1),
  "127/128": (rgb) => rgb.map((v) => (v - 127) / 128),
  caffe: ([r, g, b]) => [b! - 103.939, g! - 116.779, r! - 123.68],
  imagenet: ([r, g, b]) => [(r! / 255 - 0.485) / 0.229, (g! / 255 - 0.456) / 0.224, (b! / 255 - 0.406) / 0.225],
};

for (const [name, formula] of Object.entries(FORMULAS)) {
  test(`a layers-model cut at a layer, input ${name}: as the whole model on input normalised by hand`, async () => {
    const model = smallNetwork();
    const path = await save(model, join(folder, name.replace("/", "_")));
    const backbone = await openBackbone(path, { layer: "sum", normalize: name as Normalization });
    assert.deepEqual([backbone.grid, backbone.channels, backbone.input.width], [[4, 4], 4, 8]);
    const cut = await backbone.layersModel!();
    const pixels = PICTURE();
    const flat = await pixels.data();
    const byHand: number[] = [];
    for (let i = 0; i < flat.length; i += 3) byHand.push(...formula([...flat.slice(i, i + 3)]));
    const reference = tf.model({ inputs: model.inputs, outputs: model.getLayer("sum").output });
    const expected = await (reference.predict(tf.tensor(byHand, pixels.shape)) as tf.Tensor).data();
    const got = await (cut.predict(pixels) as tf.Tensor).data();
    const peak = Math.max(...expected.map(Math.abs));
    const { data, dims } = await runOnnx(backbone, pixels);
    assert.deepEqual(dims, [2, 16, 4]);
    for (const [i, value] of expected.entries()) {
      assert.ok(Math.abs(got[i]! - value) < 1e-5 * peak, `tfjs: ${got[i]} for ${value}`);
      assert.ok(Math.abs((data as Float32Array)[i]! - value) < 1e-5 * peak, `onnxruntime: ${data[i]} for ${value}`);
    }
  });
}

test("weights in uint8 are widened", async () => {
  const model = smallNetwork();
  const exact = await buildLayersModel(await openLayersFiles(await save(model, join(folder, "exact"))), "a", "none");
  const path = await save(model, join(folder, "quantised"), 1000, true);
  const widened = await buildLayersModel(await openLayersFiles(path), "a", "none");
  const [a, b] = [exact, widened].map((each) => each.getLayer("a").getWeights()[0]!.dataSync());
  const range = Math.max(...a!) - Math.min(...a!);
  const largest = Math.max(...a!.map((value, i) => Math.abs(value - b![i]!)));
  assert.ok(largest > 0 && largest <= range / 255 / 2 + 1e-6);
});

test("what cannot be a backbone is refused with what to do", async () => {
  const path = await save(smallNetwork(), join(folder, "whole"));
  const code = (expected: string, pattern: RegExp) => (error: unknown) =>
    error instanceof ShowtellError && error.code === expected && pattern.test(error.message);
  await assert.rejects(openBackbone(path, { normalize: "none" }), code("USAGE", /at which layer.*sum/));
  await assert.rejects(openBackbone(path, { layer: "sum" }), code("USAGE", /caffe/));
  await assert.rejects(openBackbone(path, { layer: "x", normalize: "none" }), code("BACKBONE_LAYER", /It has:.*sum/));
  await assert.rejects(
    openBackbone(path, { layer: "classes", normalize: "none" }),
    code("BACKBONE_LAYER", /feature map/),
  );
  await rm(join(folder, "whole", "shard1.bin"));
  await assert.rejects(openBackbone(path, { layer: "sum", normalize: "none" }), code("WEIGHTS_INVALID", /shard1\.bin/));
  const graph = join(folder, "graph.json");
  await writeFile(graph, JSON.stringify({ modelTopology: { node: [] }, weightsManifest: [] }));
  await assert.rejects(openBackbone(graph), code("WEIGHTS_INVALID", /no tfjs layers-model/));
});

test("a model whose shards are too short is WEIGHTS_INVALID", async () => {
  const path = await save(smallNetwork(), join(folder, "short"), 1000);
  await writeFile(join(folder, "short", "shard0.bin"), Buffer.alloc(30));
  await assert.rejects(openBackbone(path, { layer: "sum", normalize: "none" }), { code: "WEIGHTS_INVALID" });
});

const mobileNet = resolve(packageRoot(), "../shared/data/mobilenet_v1_0.75_224/model.json");
const skip = existsSync(mobileNet) ? false : `${mobileNet} is not here: MobileNetV1 is not compared`;
test("MobileNetV1 by name and by file: the published model's own activations", { skip }, async () => {
  await startEngine("wasm");
  const named = await openBackbone("mobilenet-v1", { layer: "conv_pw_11_relu" });
  assert.deepEqual([named.grid, named.channels, named.normalization], [[14, 14], 384, "-1..1"]);
  const backbone = await openBackbone(mobileNet);
  assert.deepEqual([backbone.name, backbone.layer], ["mobilenet-v1", "conv_pw_13_relu"]);
  assert.deepEqual([backbone.grid, backbone.channels], [[7, 7], 768]);
  assert.equal(backbone.weightsSha256, named.weightsSha256);
  const whole = await tf.loadLayersModel(tf.io.fromMemory((await openLayersFiles(mobileNet)).artifacts));
  const pixels = tf.tensor(
    Float32Array.from({ length: 150528 }, (_, i) => (i * 31 + (i >> 9)) % 256),
    [1, 224, 224, 3],
  );
  const reference = tf.model({ inputs: whole.inputs, outputs: whole.getLayer("conv_pw_13_relu").output });
  const expected = await (reference.predict(pixels.div(127.5).sub(1)) as tf.Tensor).data();
  const model = await backbone.layersModel!();
  const got = await (model.predict(pixels) as tf.Tensor).data();
  const peak = Math.max(...new Float32Array(expected));
  assert.ok(peak > 1);
  assert.ok(got.every((value, i) => Math.abs(value - expected[i]!) <= 1e-4 * peak));
  const { data, dims } = await runOnnx(backbone, pixels);
  assert.deepEqual(dims, [1, 49, 768]);
  assert.ok((data as Float32Array).every((value, i) => Math.abs(value - expected[i]!) <= 1e-4 * peak));
});
