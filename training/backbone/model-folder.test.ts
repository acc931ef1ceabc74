import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { compose, convert, toFloat16Weights, writeOnnx } from "../../converter/index.js";
import { sha256 } from "../../files/hash.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { toyBackbone } from "../../test/toy-backbone.js";
import { startEngine } from "../engine/index.js";
import { openBackbone } from "./index.js";

let folder: string;
before(async () => {
  await startEngine("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-model-folder-"));
});
after(() => rm(folder, { recursive: true }));

/** A model folder whose encoder is the toy backbone under a small head, joined as the export does it. */
async function writeModel(
  name: string,
  change: (encoder: Uint8Array) => Uint8Array = (bytes) => bytes,
): Promise<string> {
  const input = tf.input({ shape: [16, 8], name: "backbone_features" });
  // The head's output bears the name that the backbone's shall have.
  const mean = tf.layers.globalAveragePooling1d({ name: "mean" } as never).apply(input);
  const head = tf.model({ inputs: input, outputs: tf.layers.dense({ units: 3 }).apply(mean) as tf.SymbolicTensor });
  const { graph } = await convert(head, { name: "head", outputs: ["features"] });
  const encoder = compose(await toyBackbone().graph(), graph, { features: "backbone_features" });
  return writeEncoder(name, change(writeOnnx(name === "half" ? toFloat16Weights(encoder) : encoder)));
}

async function writeEncoder(name: string, encoder: Uint8Array): Promise<string> {
  const place = join(folder, name);
  const manifest = await writeTinyModel(place, { width: 16, height: 16, grid: [4, 4], channels: 8 });
  const file = manifest.graphs.encoder.fp32!;
  Object.assign(file, { bytes: encoder.length, sha256: sha256(encoder) });
  manifest.backbone.name = "toy";
  await writeFile(join(place, file.file), encoder);
  await writeFile(join(place, "model.json"), JSON.stringify(manifest));
  return place;
}

async function run(model: Uint8Array, pixels: Uint8Array): Promise<ort.Tensor> {
  const session = await ort.InferenceSession.create(model);
  assert.deepEqual([session.inputNames, session.outputNames], [["image"], ["features"]]);
  return (await session.run({ image: new ort.Tensor("uint8", pixels, [2, 16, 16, 3]) })).features!;
}

for (const [name, tolerance] of [
  ["whole", 0],
  ["half", 1e-3],
] as const) {
  test(`the backbone inside a model gives the features that it was trained on (${name})`, async () => {
    const place = await writeModel(name);
    const backbone = await openBackbone(place);
    assert.deepEqual([backbone.name, backbone.grid, backbone.channels], ["toy", [4, 4], 8]);
    assert.equal(backbone.layersModel, undefined);
    const pixels = Uint8Array.from({ length: 2 * 768 }, (_, i) => (i * 37) % 256);
    const expected = await run(writeOnnx(await toyBackbone().graph()), pixels);
    const got = await run(writeOnnx(await backbone.graph()), pixels);
    assert.deepEqual(got.dims, [2, 16, 8]);
    const values = expected.data as Float32Array;
    const peak = Math.max(...values);
    assert.ok(peak > 0);
    for (const [i, value] of (got.data as Float32Array).entries()) {
      assert.ok(Math.abs(value - values[i]!) <= tolerance * peak, `${value} for ${values[i]}`);
    }
  });
}

test("what a model cannot give is refused", async () => {
  const place = await writeModel("refused");
  await assert.rejects(openBackbone(place, { layer: "another" }), { code: "USAGE" });
  await assert.rejects(openBackbone(place, { normalize: "0..1" }), { code: "USAGE" });
  const { graphs } = JSON.parse(await readFile(join(place, "model.json"), "utf8"));
  await appendFile(join(place, graphs.encoder.fp32.file), "x");
  await assert.rejects(openBackbone(place), { code: "MODEL_ALTERED" });
  await rm(join(place, graphs.encoder.fp32.file));
  await assert.rejects(openBackbone(place), { code: "MODEL_ALTERED" });
  // An encoder without the named tensor.
  const plain = await writeEncoder("plain", writeOnnx(await toyBackbone().graph()));
  await assert.rejects(openBackbone(plain), { code: "MODEL_INVALID", message: /backbone_features/ });
});
