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

const weighted = Float32Array.of(0.5, -2, 0);

const soft = {
  probabilities: Float32Array.of(0.5, 0.25, 0.125, 0.125, 0, 0, 1, 0, 0.25, 0.25, 0.25, 0.25),
  share: 0.25,
};

/** Weighted cross-entropy against the smoothed target, mixed with the soft one, in plain double precision. */
function reference(
  rows: number[][],
  smoothing: number,
  { weights = Float32Array.of(1, 1, 1), soft = { probabilities: new Float32Array(12), share: 0 } }: Targets,
): number {
  const losses = rows.map((row, i) => {
    const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
    return row.reduce((sum, x, v) => {
      const smoothed = (v === targets[i] ? 1 - smoothing : 0) + smoothing / row.length;
      const truth = smoothed * (1 - soft.share) + soft.probabilities[i * row.length + v]! * soft.share;
      return sum - truth * (x - total);
    }, 0);
  });
  return losses.reduce((sum, loss, i) => sum + loss * weights[i], 0) / rows.length;
}

type Targets = NonNullable<Parameters<typeof smoothedCrossEntropy>[3]>;
const kinds: Targets[] = [{}, { weights: weighted }, { soft }, { weights: weighted, soft }];

const cases = (["cpu", "wasm", "node"] as const).flatMap((engine) =>
  [0, 0.1, 0.3].flatMap((smoothing) => kinds.map((given) => ({ engine, smoothing, given }))),
);

for (const { engine, smoothing, given } of cases) {
  const kind = Object.keys(given).join(" and ") || "plain";
  const what = `cross-entropy (${kind}) with smoothing ${smoothing} on ${engine}`;
  const expected = (rows: number[][]) => reference(rows, smoothing, given);
  test(`${what}: value and gradient`, async (t) => {
    if (!(await startsHere(engine))) return t.skip(`the engine ${engine} is not installed`);
    const { value, grad } = tf.valueAndGrad((x) => smoothedCrossEntropy(x as tf.Tensor2D, targets, smoothing, given))(
      tf.tensor2d(logits),
    );
    assert.ok(Math.abs((value.arraySync() as number) - expected(logits)) < 1e-6);
    const gradient = grad.arraySync() as number[][];
    logits.forEach((row, i) => {
      row.forEach((_, v) => {
        const moved = (by: number) => logits.map((r, j) => r.map((x, w) => (i === j && v === w ? x + by : x)));
        const numeric = (expected(moved(1e-5)) - expected(moved(-1e-5))) / 2e-5;
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
