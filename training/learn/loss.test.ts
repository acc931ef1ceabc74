import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { type EngineName, startEngine } from "../engine/index.js";
import { doublyStochastic, smoothedCrossEntropy } from "./loss.js";

const logits = [
  [2, -1, 0.5, 3],
  [0, 0, 0, 0],
  [-4, 7, 1, 1],
];
const targets = Int32Array.of(3, 0, 2);

const startsHere = (engine: EngineName) =>
  startEngine(engine).then(
    () => true,
    () => false,
  );

/** Cross-entropy against the smoothed target, in plain double precision. */
function reference(rows: number[][], smoothing: number): number {
  const losses = rows.map((row, i) => {
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
    return row.reduce((sum, x, v) => {
      const truth = (v === targets[i] ? 1 - smoothing : 0) + smoothing / row.length;
      return sum - truth * (x - total);
    }, 0);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / rows.length;
}

const cases = (["cpu", "wasm", "node"] as const).flatMap((engine) =>
  [0, 0.1, 0.3].map((smoothing) => ({ engine, smoothing })),
);

for (const { engine, smoothing } of cases) {
  test(`cross-entropy with smoothing ${smoothing} on ${engine}: value and gradient`, async (t) => {
    if (!(await startsHere(engine))) return t.skip(`the engine ${engine} is not installed`);
    const { value, grad } = tf.valueAndGrad((x) => smoothedCrossEntropy(x as tf.Tensor2D, targets, smoothing))(
      tf.tensor2d(logits),
    );
    assert.ok(Math.abs((value.arraySync() as number) - reference(logits, smoothing)) < 1e-6);
    const gradient = grad.arraySync() as number[][];
    logits.forEach((row, i) => {
      row.forEach((_, v) => {
        const moved = (by: number) => logits.map((r, j) => r.map((x, w) => (i === j && v === w ? x + by : x)));
        const numeric = (reference(moved(1e-5), smoothing) - reference(moved(-1e-5), smoothing)) / 2e-5;
        assert.ok(Math.abs(gradient[i][v] - numeric) < 1e-6);
      });
    });
  });
}

test("the regulariser is zero only where every location was looked at once", () => {
  assert.equal(doublyStochastic(tf.ones([2, 3])).arraySync(), 0);
  assert.ok(
    Math.abs(
      doublyStochastic(
        tf.tensor2d([
          [0, 2],
          [1, 0.5],
        ]),
      ).arraySync() -
        2.25 / 4,
    ) < 1e-7,
  );
});
