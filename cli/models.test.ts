import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { showtell } from "../test/command.js";
import { writeTinyModel } from "../test/tiny-model.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-models-"));
  await writeTinyModel(join(folder, "models", "sound"), { name: "sound", precisions: ["fp32", "fp16"] });
  await writeTinyModel(join(folder, "models", "broken"), { name: "broken" });
  await writeFile(join(folder, "models", "broken", "tokenizer.json"), "{}");
  const path = join(folder, "models", "sound", "model.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  const scores = { "BLEU-4": 0.211, "CIDEr-D": 0.5312, "ROUGE-L": 0.46 };
  manifest.evaluation = [{ dataset: "flickr8k", split: "val", images: 1000, precision: "fp32", beam: 3, scores }];
  await writeFile(path, JSON.stringify(manifest));
});
after(() => rm(folder, { recursive: true, force: true }));

test("models list shows the working directory's models, with sizes and scores, and names a broken one", async () => {
  const { code, stdout } = await showtell(["models", "list"], { cwd: folder });
  assert.equal(code, 0);
  assert.match(stdout, /^sound +0\.\d MB +fp32, fp16 +CIDEr-D 0\.531, BLEU-4 0\.211, ROUGE-L 0\.460 \(flickr8k val\)/m);
  assert.match(stdout, /^broken .*MODEL_ALTERED/m);
  const json = await showtell(["models", "list", "--json"], { cwd: folder });
  const listed = JSON.parse(json.stdout) as { name: string; bytes?: number; error?: { code: string } }[];
  const sound = listed.find(({ name }) => name === "sound")!;
  assert.ok(sound.bytes! > 10_000);
  assert.equal(listed.find(({ name }) => name === "broken")!.error!.code, "MODEL_ALTERED");
});

test("models verify says yes of a sound model, by name or by path", async () => {
  for (const model of ["sound", join("models", "sound")]) {
    const { code, stdout } = await showtell(["models", "verify", model], { cwd: folder });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /yes, sound\n$/);
  }
});

test("models verify says no, what and where, with exit code 1", async () => {
  const { code, stdout } = await showtell(["models", "verify", "broken"], { cwd: folder });
  assert.equal(code, 1);
  assert.match(stdout, /NO +manifest and tokenizer +.*tokenizer\.json has 2 bytes/);
  await appendFile(join(folder, "models", "sound", "decoder.fp16.onnx"), "x");
  const json = await showtell(["models", "verify", "sound", "--json"], { cwd: folder });
  assert.equal(json.code, 1);
  const { ok, checks } = JSON.parse(json.stdout) as { ok: boolean; checks: { check: string; ok: boolean }[] };
  assert.equal(ok, false);
  assert.deepEqual(
    checks.filter(({ ok }) => !ok).map(({ check }) => check),
    ["decoder fp16"],
  );
});

test("a name that is no model has exit code 1 and says so", async () => {
  const { code, stdout } = await showtell(["models", "verify", "nothing"], { cwd: folder });
  assert.equal(code, 1);
  assert.match(stdout, /no model folder nothing/);
});
