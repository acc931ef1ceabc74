import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Precision } from "../../../runtime/core/index.js";
import { writeTinyModel } from "../../../test/tiny-model.js";
import { choosePrecision } from "./choose-precision.js";

async function model(...precisions: Precision[]) {
  const folder = await mkdtemp(join(tmpdir(), "showtell-precision-test-"));
  try {
    return await writeTinyModel(folder, { precisions });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("WebAssembly takes the smallest files, WebGPU float ones, and each what is asked for", async () => {
  const manifest = await model("fp32", "fp16", "int8");
  for (const role of [manifest.graphs.encoder, manifest.graphs.decoder]) {
    role.fp16!.bytes = 500;
    role.int8!.bytes = 250;
  }
  assert.equal(choosePrecision(manifest, { provider: "wasm", auto: true }), "int8");
  assert.equal(choosePrecision(manifest, { provider: "webgpu", auto: true }), "fp16");
  assert.equal(choosePrecision(manifest, { provider: "webgpu", auto: true, asked: "fp32" }), "fp32");
  assert.equal(choosePrecision(manifest, { provider: "webgpu", auto: false, asked: "int8" }), "int8");
});

test("with int8 alone WebGPU is taken only where nothing else may be", async () => {
  const manifest = await model("int8");
  assert.equal(choosePrecision(manifest, { provider: "webgpu", auto: false }), "int8");
  assert.throws(() => choosePrecision(manifest, { provider: "webgpu", auto: true }), { code: "DEVICE_UNAVAILABLE" });
  assert.throws(() => choosePrecision(manifest, { provider: "wasm", auto: true, asked: "fp16" }), {
    code: "USAGE",
    message: "The model has no fp16; it has int8.",
  });
});
