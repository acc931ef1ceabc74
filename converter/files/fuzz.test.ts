import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { packageRoot } from "../../files/package-root.js";
import { stirWeights } from "../../test/conversion.js";
import { endOf, FUZZ_SEED, fuzzRuns, mutate, mutation } from "../../test/mutants.js";
import { saveModel } from "../../test/save-model.js";
import { convert } from "../index.js";

let folder: string;
before(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-fuzz-"));
});
after(() => rm(folder, { recursive: true }));

interface Damage {
  shard: number;
  cut: number;
  flip: number;
}
const damage: fc.Arbitrary<Damage> = fc.record({
  shard: fc.nat(),
  cut: fc.integer({ min: -9, max: 9 }),
  flip: fc.nat(),
});

/** Converts mutants of a saved model; each gives a graph or one clear error. Returns how many gave which. */
async function fuzz(model: string, numRuns: number): Promise<Record<string, number>> {
  const json = JSON.parse(await readFile(join(model, "model.json"), "utf8"));
  const shards = readdirSync(model).filter((name) => !/\.(json|md)$/.test(name));
  const ends: Record<string, number> = {};
  const mutant = join(folder, "mutant");
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { maxLength: 3 }), fc.option(damage, { freq: 4 }), async (mutations, hurt) => {
      await rm(mutant, { recursive: true, force: true });
      await mkdir(mutant);
      for (const shard of shards) await symlink(join(model, shard), join(mutant, shard));
      if (hurt) await injure(join(mutant, shards[hurt.shard % shards.length]!), hurt);
      const copy = structuredClone(json);
      for (const each of mutations) mutate(copy, each);
      await writeFile(join(mutant, "model.json"), JSON.stringify(copy));
      const end = await endOf(convert(mutant));
      ends[end] = (ends[end] ?? 0) + 1;
    }),
    { numRuns, seed: FUZZ_SEED },
  );
  return ends;
}

async function injure(path: string, { cut, flip }: Damage): Promise<void> {
  const bytes = await readFile(path);
  await rm(path);
  if (bytes.length > 0) bytes[flip % bytes.length]! ^= 255;
  await writeFile(
    path,
    cut < 0 ? bytes.subarray(0, Math.max(0, bytes.length + cut)) : Buffer.concat([bytes, Buffer.alloc(cut)]),
  );
}

test("mutants of a small model of many layers", async (t) => {
  const image = tf.input({ shape: [8, 8, 3], name: "image" });
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor) => layer.apply(x) as tf.SymbolicTensor;
  let x = apply(tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "relu" }), image);
  x = apply(tf.layers.batchNormalization(), x);
  x = apply(tf.layers.maxPooling2d({ poolSize: 2 }), x);
  x = apply(tf.layers.zeroPadding2d({ padding: 1 }), x);
  x = apply(tf.layers.upSampling2d({ size: [2, 2] }), x);
  x = apply(tf.layers.reshape({ targetShape: [12, 36] }), x);
  x = apply(tf.layers.bidirectional({ layer: tf.layers.lstm({ units: 2 }) as never, mergeMode: "concat" }), x);
  x = apply(tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [4], activation: "softmax" })] }), x);
  const model = tf.model({ inputs: image, outputs: x });
  stirWeights(model);
  const path = join(folder, "small");
  await saveModel(model, path, { shardBytes: 300 });
  const ends = await fuzz(path, fuzzRuns(800));
  t.diagnostic(JSON.stringify(ends));
  for (const end of ["converted", "CONVERT_INVALID_MODEL", "FILE_NOT_FOUND"]) assert.ok(ends[end]! > 4, end);
});

const MOBILENET = join(packageRoot(), "../shared/data/mobilenet_v1_0.75_224");

test("mutants of MobileNetV1", { skip: !existsSync(MOBILENET) && "needs ../shared/data" }, async (t) => {
  const path = join(folder, "mobilenet");
  await mkdir(path);
  for (const name of readdirSync(MOBILENET)) {
    if (!name.endsWith(".md") && name !== "metadata.json") await copyFile(join(MOBILENET, name), join(path, name));
  }
  const ends = await fuzz(path, 40);
  t.diagnostic(JSON.stringify(ends));
  assert.ok(ends.CONVERT_INVALID_MODEL! > 5, JSON.stringify(ends));
});
