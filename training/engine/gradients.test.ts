import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { uniform } from "../random/seeded.js";
import type { EngineName } from "./engine.js";
import { ENGINES } from "./registry.js";
import { startEngine } from "./start.js";

/** One operation: its inputs' shapes (values in ±1, or as `range` says) and what it computes. */
interface Case {
  shapes: number[][];
  range?: [number, number];
  /** Distance of the finite differences; large where the operation is linear but for its corners. */
  epsilon?: number;
  compute(...inputs: tf.Tensor[]): tf.Tensor;
}

const index = (...values: number[]) => tf.tensor1d(values, "int32");
const many = (count: number, below: number) => index(...Array.from({ length: count }, (_, i) => (i * 7919) % below));

/** Every operation that training uses, small, and large enough for the paths that only large tensors take. */
const CASES: Record<string, Case> = {
  matMul: {
    shapes: [
      [3, 5],
      [5, 4],
    ],
    compute: (a, b) => a.matMul(b),
  },
  "matMul, large": {
    shapes: [
      [70, 90],
      [90, 60],
    ],
    compute: (a, b) => a.matMul(b),
  },
  "matMul, transposed": {
    shapes: [
      [90, 70],
      [60, 90],
    ],
    compute: (a, b) => a.matMul(b, true, true),
  },
  "matMul, batches": {
    shapes: [
      [6, 2, 50],
      [6, 50, 40],
    ],
    compute: (a, b) => a.matMul(b),
  },
  "matMul, batches, transposed": {
    shapes: [
      [6, 20, 50],
      [6, 40, 50],
    ],
    compute: (a, b) => a.matMul(b, false, true),
  },
  "matMul, one column": {
    shapes: [
      [900, 64],
      [64, 1],
    ],
    compute: (a, b) => a.matMul(b),
  },
  "add, broadcast": {
    shapes: [
      [1, 4, 9, 5],
      [3, 4, 1, 5],
    ],
    compute: (a, b) => a.add(b),
  },
  "add, broadcast, large": {
    shapes: [
      [1, 8, 40, 64],
      [2, 8, 1, 64],
    ],
    compute: (a, b) => a.add(b),
  },
  "sub, broadcast": {
    shapes: [
      [40, 30],
      [40, 1],
    ],
    compute: (a, b) => a.sub(b),
  },
  "mul, broadcast": { shapes: [[90, 100], [100]], compute: (a, b) => a.mul(b) },
  "div, broadcast": {
    shapes: [
      [9, 10],
      [9, 1],
    ],
    range: [0.5, 1.5],
    compute: (a, b) => a.div(b),
  },
  addN: {
    shapes: [
      [4, 5],
      [4, 5],
      [4, 5],
    ],
    compute: (...all) => tf.addN(all),
  },
  square: { shapes: [[30, 7]], compute: (x) => x.square() },
  neg: { shapes: [[30, 7]], compute: (x) => x.neg() },
  sqrt: { shapes: [[30, 7]], range: [0.5, 2], compute: (x) => x.sqrt() },
  rsqrt: { shapes: [[30, 7]], range: [0.5, 2], compute: (x) => x.rsqrt() },
  exp: { shapes: [[90, 70]], compute: (x) => x.exp() },
  log: { shapes: [[90, 70]], range: [0.5, 2], compute: (x) => x.log() },
  tanh: { shapes: [[30, 7]], range: [-3, 3], compute: (x) => x.tanh() },
  "tanh, large": { shapes: [[90, 70]], range: [-3, 3], compute: (x) => x.tanh() },
  sigmoid: { shapes: [[30, 7]], range: [-3, 3], compute: (x) => x.sigmoid() },
  "sigmoid, large": { shapes: [[256, 256]], range: [-3, 3], compute: (x) => x.sigmoid() },
  relu: { shapes: [[30, 7]], range: [0.1, 1], compute: (x) => x.sub(0.05).relu() },
  softmax: { shapes: [[3, 4, 25]], range: [-2, 2], compute: (x) => x.softmax() },
  logSoftmax: { shapes: [[12, 25]], range: [-2, 2], compute: (x) => tf.logSoftmax(x) },
  "sum, last": { shapes: [[12, 25]], compute: (x) => x.sum(-1, true) },
  "sum, first, large": { shapes: [[4, 90, 64]], compute: (x) => x.sum(0) },
  "sum, middle, large": { shapes: [[4, 90, 64]], compute: (x) => x.sum(1, true) },
  "sum, all, large": { shapes: [[4, 90, 64]], compute: (x) => x.sum() },
  "mean, middle": { shapes: [[4, 90, 64]], compute: (x) => x.mean(1) },
  "mean, last": { shapes: [[4, 9, 64]], compute: (x) => x.mean(-1, true) },
  "max, last": { shapes: [[12, 25]], epsilon: 0.5, compute: (x) => spread(x).max(1, true) },
  "transpose, small": { shapes: [[3, 4, 5]], compute: (x) => x.transpose([1, 0, 2]) },
  "transpose, large": { shapes: [[16, 40, 30]], compute: (x) => x.transpose([2, 0, 1]) },
  reshape: { shapes: [[6, 4]], compute: (x) => x.reshape([2, 12]).square() },
  "tile, several axes": { shapes: [[3, 2, 4]], compute: (x) => tf.tile(x, [2, 3, 5]) },
  "tile, one of many": { shapes: [[4, 1, 30]], compute: (x) => tf.broadcastTo(x, [4, 50, 30]) },
  "sum and mean over several axes": { shapes: [[4, 5, 6]], compute: (x) => x.sum([0, 2]).add(x.mean([0, 2])) },
  "mean of all": { shapes: [[4, 90, 64]], compute: (x) => x.mean() },
  tile: { shapes: [[3, 4]], compute: (x) => tf.tile(x, [5, 1]) },
  "pad, rows": {
    shapes: [[3, 4]],
    compute: (x) =>
      tf.pad(x, [
        [0, 2],
        [1, 0],
      ]),
  },
  "slice, rows": { shapes: [[9, 40]], compute: (x) => x.slice([2, 0], [4, 40]) },
  "slice, block": { shapes: [[3, 5, 6, 40]], compute: (x) => x.slice([1, 1, 2, 3], [2, 3, 3, 35]) },
  "slice, columns": { shapes: [[9, 40, 3]], compute: (x) => x.slice([0, 5, 0], [9, 20, 3]) },
  "split, rows": { shapes: [[9, 40]], compute: (x) => tf.addN(tf.split(x, 3, 0).map((part, i) => part.mul(i + 1))) },
  "split, columns": {
    shapes: [[9, 90]],
    compute: (x) => {
      const [a, b, c] = tf.split(x, [40, 10, 40], 1);
      return a.mul(c).add(b.sum(1, true));
    },
  },
  "concat, rows": {
    shapes: [
      [2, 5],
      [3, 5],
    ],
    compute: (a, b) => tf.concat([a, b], 0),
  },
  "concat, columns": {
    shapes: [
      [6, 40],
      [6, 3],
      [6, 50],
    ],
    compute: (...all) => tf.concat(all, 1),
  },
  "stack and unstack": {
    shapes: [
      [3, 5],
      [3, 5],
    ],
    compute: (...all) => tf.unstack(tf.stack(all, 1), 0)[1],
  },
  "gather, repeated rows": { shapes: [[7, 40]], compute: (x) => tf.gather(x, index(3, 0, 3, 6, 3)) },
  "gather, matrix of rows": { shapes: [[30, 4]], compute: (x) => tf.gather(x, many(60, 30).reshape([6, 10]).toInt()) },
  "gather, columns": { shapes: [[5, 9]], compute: (x) => tf.gather(x, index(8, 8, 1), 1) },
  where: {
    shapes: [
      [6, 4],
      [6, 4],
    ],
    compute: (a, b) => tf.where(tf.tensor2d([[1], [0], [1], [0], [1], [1]], [6, 1], "bool").tile([1, 4]), a, b),
  },
  maxPool: {
    shapes: [[2, 6, 6, 3]],
    epsilon: 0.5,
    compute: (x) => tf.maxPool(spread(x) as tf.Tensor4D, 2, 2, "valid"),
  },
  "maxPool, overlapping, padded": {
    shapes: [[1, 7, 7, 5]],
    epsilon: 0.5,
    compute: (x) => tf.maxPool(spread(x) as tf.Tensor4D, 3, 2, "same"),
  },
  conv2d: {
    shapes: [
      [2, 6, 6, 3],
      [3, 3, 3, 4],
    ],
    compute: (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"),
  },
  "conv2d, strided": {
    shapes: [
      [1, 9, 8, 16],
      [3, 2, 16, 32],
    ],
    compute: (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, "valid"),
  },
};

/** Negative values far apart, so that a small change does not move a maximum elsewhere. */
function spread(x: tf.Tensor): tf.Tensor {
  const order = tf.tensor1d(Array.from({ length: x.size }, (_, i) => (((i * 7919) % x.size) - x.size) * 5));
  return x.add(order.reshape(x.shape));
}

function values(shape: number[], [low, high]: [number, number], ...key: (string | number)[]): Float32Array {
  const random = uniform(5, ...key);
  return Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => low + random() * (high - low));
}

/** Σ weights · output, added up in double precision: only the operation itself is rounded to float32. */
function weighted(output: tf.Tensor, weights: Float32Array): number {
  return output.dataSync<"float32">().reduce((sum, value, i) => sum + value * weights[i], 0);
}

/** The gradient along a random direction against a central difference. */
function check(name: string, { shapes, range = [-1, 1], epsilon = 0.01, compute }: Case): void {
  const base = shapes.map((shape, i) => values(shape, range, name, i));
  const run = (arrays: Float32Array[]) => compute(...arrays.map((array, i) => tf.tensor(array, shapes[i])));
  const weights = values(
    tf.tidy(() => run(base).shape),
    [-1, 1],
    name,
    "weights",
  );
  shapes.forEach((shape, which) => {
    const direction = values(shape, [-1, 1], name, "direction", which);
    const along = (distance: number) =>
      tf.tidy(() => {
        const moved = base[which].map((value, i) => value + distance * direction[i]);
        return weighted(run(base.with(which, moved)), weights);
      });
    // Richardson: the error left is of fourth order.
    const central = (e: number) => (along(e) - along(-e)) / (2 * e);
    const numeric = (4 * central(epsilon) - central(2 * epsilon)) / 3;
    const [gradient, scale] = tf.tidy(() => {
      const given = base.map((array, i) => tf.tensor(array, shapes[i]));
      const dy = tf.tensor(weights, run(base).shape);
      const grads = tf.grads((...inputs) => compute(...inputs))(given, dy);
      assert.deepEqual(grads[which].shape, shape, `${name}: shape of gradient ${which}`);
      const array = grads[which].dataSync<"float32">();
      return [
        array.reduce((sum, value, i) => sum + value * direction[i], 0),
        Math.sqrt(array.reduce((sum, value, i) => sum + (value * direction[i]) ** 2, 0)),
      ];
    });
    const tolerance = 2e-3 * Math.max(scale, 1e-2);
    assert.ok(Math.abs(gradient - numeric) < tolerance, `${name}, input ${which}: ${gradient}, numeric ${numeric}`);
  });
}

/** What an engine computes forwards, against plain JavaScript. */
async function outputs(engine: EngineName): Promise<Map<string, Float32Array>> {
  await startEngine(engine);
  return new Map(
    Object.entries(CASES).map(([name, item]): [string, Float32Array] => {
      const { shapes, range = [-1, 1], compute } = item;
      const given = shapes.map((shape, i) => values(shape, range, name, i));
      const output = tf.tidy(() => compute(...given.map((array, i) => tf.tensor(array, shapes[i]))));
      const computed = output.dataSync<"float32">();
      output.dispose();
      return [name, computed];
    }),
  );
}

for (const engine of ENGINES) {
  test(`${engine.name}: values and gradients of every operation`, async (t) => {
    const missing = await engine.missing();
    if (missing !== undefined) return t.skip(`${engine.name}: ${missing}`);
    const expected = await outputs("cpu");
    const got = await outputs(engine.name);
    const before = tf.memory().numTensors;
    for (const [name, item] of Object.entries(CASES)) {
      await t.test(name, () => {
        const values = got.get(name) as Float32Array;
        expected.get(name)?.forEach((value, i) => {
          const close = Math.abs(values[i] - value) <= 1e-5 * Math.max(1, Math.abs(value)) * 4;
          assert.ok(close, `value ${i} is ${values[i]}, plain JavaScript gives ${value}`);
        });
        check(name, item);
      });
    }
    assert.equal(tf.memory().numTensors, before, "no tensor is left behind");
    return undefined;
  });
}
