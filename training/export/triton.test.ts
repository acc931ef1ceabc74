import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Tensor } from "onnxruntime-node";
import { decode } from "../../runtime/core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "../../runtime/node/graphs.js";
import { trialImages } from "../../runtime/node/trial-images.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { exportTriton } from "./triton.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-triton-"));
after(() => rm(folder, { recursive: true }));

test("a model repository for Triton: one file that takes images alone and captions as the manifest says", async () => {
  const [model, repository] = [join(folder, "model"), join(folder, "repository")];
  const manifest = await writeTinyModel(model, { name: "tiny model" });
  assert.equal(await exportTriton(model, repository), "tiny-model");
  const files = await readdir(repository, { recursive: true });
  assert.deepEqual(
    files.filter((file) => file.includes(".")).sort(),
    ["1/model.onnx", "config.pbtxt", "tokenizer.json"].map((file) => `tiny-model/${file}`),
  );
  const config = await readFile(join(repository, "tiny-model", "config.pbtxt"), "utf8");
  assert.match(config, /^name: "tiny-model"$/m);
  assert.match(config, /name: "image" data_type: TYPE_UINT8 dims: \[ 32, 32, 3 \]/);
  assert.match(config, /name: "attention" data_type: TYPE_FP32 dims: \[ -1, 16 \]/);

  const session = await openSession(join(repository, "tiny-model", "1", "model.onnx"));
  assert.deepEqual(session.inputNames, ["image"]);
  const { data, dims } = trialImages(manifest.preprocessing);
  const { tokens } = await session.run({ image: new Tensor("uint8", data, dims) });
  const encoder = await openSession(join(model, manifest.graphs.encoder.fp32!.file));
  const decoder = await openSession(join(model, manifest.graphs.decoder.fp32!.file));
  const encoded = await onnxEncoder(encoder)({ data, dims });
  const expected = await decode(encoded, onnxDecoderStep(decoder), manifest.tokens, manifest.decoding);
  const [, longest] = tokens!.dims as [number, number];
  for (const [n, caption] of expected.entries()) {
    const row = Array.from((tokens!.data as BigInt64Array).subarray(n * longest, (n + 1) * longest), Number);
    assert.deepEqual(row.slice(0, caption.tokens.length), caption.tokens);
  }
  await assert.rejects(exportTriton(model, repository), { code: "FILE_EXISTS" });
  await assert.rejects(exportTriton(join(folder, "none"), join(folder, "other")), { code: "FILE_NOT_FOUND" });
  await assert.rejects(exportTriton(model, join(folder, "other"), { precision: "int8" }), { code: "USAGE" });
});
