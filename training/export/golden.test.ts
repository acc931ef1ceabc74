import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Manifest } from "../../runtime/core/index.js";
import { verifyModel } from "../../runtime/node/index.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { goldenCaptions } from "./golden.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-golden-"));
after(() => rm(folder, { recursive: true }));

test("captions that differ from those at export are told, unless they are as likely", async () => {
  const model = join(folder, "golden");
  const manifest = await writeTinyModel(model);
  const run = async (golden: Manifest["golden"]) => {
    await writeFile(join(model, "model.json"), JSON.stringify({ ...manifest, golden }));
    return (await verifyModel(model)).checks.find(({ check }) => check === "trial run fp32")!;
  };
  const { encoder, decoder } = manifest.graphs;
  const files = { encoder: join(model, encoder.fp32!.file), decoder: join(model, decoder.fp32!.file) };
  const { tokens, decoding, preprocessing: input } = manifest;
  const golden = await goldenCaptions(files, "fp32", { tokens, decoding, input });
  assert.ok((await run([golden])).ok);
  const [first, second] = golden.captions;
  const other = { tokens: [4, 5], score: second!.score };
  assert.ok((await run([{ ...golden, captions: [first!, { ...other, score: second!.score * 1.01 }] }])).ok);
  const { ok, message } = await run([{ ...golden, captions: [first!, { ...other, score: second!.score * 1.2 }] }]);
  assert.ok(!ok);
  assert.match(message, /where it wrote "a dog" \(.*\) when it was exported/);
  assert.ok((await run([{ ...golden, precision: "int8" }])).ok, "of another precision");
});
