import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "../../engine/index.js";
import { uniform } from "../../random/seeded.js";
import { recurrence as softAttention } from "../soft-attention/recurrence.js";
import { recurrence as topDown } from "../top-down/recurrence.js";
import { energiesOverSteps } from "./additive-energies.js";
import { lstmOverSteps } from "./lstm.js";

// Each written-out gradient against automatic differentiation of the same formulas, written plainly.

const [N, L, A, F, H] = [2, 3, 4, 5, 6];
const columns = [3, 3, 2, 1, 1];
const rows = columns.map((captions) => captions * N);
const S = rows.reduce((sum, R) => sum + R, 0);

before(async () => {
  await startEngine("wasm");
});

const random = uniform(4, "recurrence");
function tensor<Shape extends number[]>(...shape: Shape): tf.Tensor<tf.Rank> {
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random() * 2 - 1),
    shape,
  );
}

type Named = Record<string, tf.Tensor>;

/** Value and gradients of a random weighting of the value. */
function both(inputs: Named, compute: (x: Named) => tf.Tensor, weights: tf.Tensor) {
  const names = Object.keys(inputs);
  let value: tf.Tensor | undefined;
  const grads = tf.grads((...given: tf.Tensor[]) => {
    value = tf.keep(compute(Object.fromEntries(names.map((name, i) => [name, given[i]]))));
    return value.mul(weights).sum();
  })(Object.values(inputs));
  return { value: value as tf.Tensor, grads };
}

function assertSame(written: (x: never) => tf.Tensor, plain: (x: never) => tf.Tensor, inputs: Named, width: number) {
  const weights = tensor(S, width);
  const [ours, theirs] = [written, plain].map((compute) => both(inputs, compute as (x: Named) => tf.Tensor, weights));
  assert.ok(near(ours.value, theirs.value) < 1e-5, "value");
  Object.keys(inputs).forEach((name, i) => {
    assert.deepEqual(ours.grads[i].shape, inputs[name].shape, name);
    assert.ok(theirs.grads[i].abs().max().dataSync()[0] > 1e-3, `${name} has an influence`);
    assert.ok(near(ours.grads[i], theirs.grads[i]) < 1e-5, `${name}: ${near(ours.grads[i], theirs.grads[i])}`);
  });
}

const near = (a: tf.Tensor, b: tf.Tensor) => a.sub(b).abs().max().dataSync()[0];

/** One LSTM step by the textbook. */
function lstm(gates: tf.Tensor, cell: tf.Tensor): [hidden: tf.Tensor, cell: tf.Tensor] {
  const [i, f, g, o] = tf.split(gates, 4, 1);
  const next = f.sigmoid().mul(cell).add(i.sigmoid().mul(g.tanh()));
  return [o.sigmoid().mul(next.tanh()), next];
}

const first = (x: tf.Tensor, R: number) => x.slice([0, 0], [R, x.shape[1] as number]);

/** [R, A] -> energies [R, L], image by image. */
function energies(projected: tf.Tensor, query: tf.Tensor, score: tf.Tensor): tf.Tensor {
  const R = query.shape[0];
  const mixed = tf
    .tile(projected, [R / N, 1, 1])
    .add(query.reshape([R, 1, A]))
    .tanh();
  return tf.matMul(mixed.reshape([R * L, A]), score as tf.Tensor2D).reshape([R, L]);
}

function attend(projected: tf.Tensor, features: tf.Tensor, query: tf.Tensor, score: tf.Tensor) {
  const R = query.shape[0];
  const attention = tf.softmax(energies(projected, query, score));
  const glimpse = tf
    .tile(features, [R / N, 1, 1])
    .mul(attention.reshape([R, L, 1]))
    .sum(1);
  return { attention, glimpse };
}

test("an LSTM over steps", () => {
  tf.tidy(() => {
    const inputs = {
      gates: tensor(S, 4 * H),
      hidden: tensor(rows[0], H),
      cell: tensor(rows[0], H),
      recurrentKernel: tensor(H, 4 * H),
    };
    const plain = (x: typeof inputs) => {
      let [hidden, cell] = [x.hidden, x.cell];
      const parts = tf.split(x.gates, rows, 0).map((gates, t) => {
        const recurrent = tf.matMul(first(hidden, rows[t]), x.recurrentKernel);
        [hidden, cell] = lstm(gates.add(recurrent), first(cell, rows[t]));
        return tf.concat([hidden, cell], 1);
      });
      return tf.concat(parts, 0);
    };
    assertSame((x: Parameters<typeof lstmOverSteps>[0]) => lstmOverSteps(x, rows), plain, inputs, 2 * H);
  });
});

test("energies of additive attention over steps, no softmax after them", () => {
  tf.tidy(() => {
    const inputs = { projected: tensor(N, L, A), query: tensor(S, A), score: tensor(A, 1) };
    const plain = (x: typeof inputs) => energies(x.projected, x.query, x.score);
    assertSame((x: Parameters<typeof energiesOverSteps>[0]) => energiesOverSteps(x, columns), plain, inputs, L);
  });
});

test("the recurrence of soft attention", () => {
  tf.tidy(() => {
    const inputs = {
      projected: tensor(N, L, A),
      features: tensor(N, L, F),
      score: tensor(A, 1),
      wordGates: tensor(S, 4 * H),
      hidden: tensor(rows[0], H),
      cell: tensor(rows[0], H),
      stateKernel: tensor(H, A + F + 4 * H),
      gateBias: tensor(F),
      contextKernel: tensor(F, 4 * H),
    };
    const plain = (x: typeof inputs) => {
      let [hidden, cell] = [x.hidden, x.cell];
      const parts = tf.split(x.wordGates, rows, 0).map((word, t) => {
        const mapped = tf.matMul(first(hidden, rows[t]), x.stateKernel);
        const [query, gate, recurrent] = tf.split(mapped, [A, F, 4 * H], 1);
        const { attention, glimpse } = attend(x.projected, x.features, query, x.score);
        const context = gate.add(x.gateBias).sigmoid().mul(glimpse);
        const gates = word.add(recurrent).add(tf.matMul(context, x.contextKernel));
        [hidden, cell] = lstm(gates, first(cell, rows[t]));
        return tf.concat([hidden, context, attention], 1);
      });
      return tf.concat(parts, 0);
    };
    assertSame((x: Parameters<typeof softAttention>[0]) => softAttention(x, columns), plain, inputs, H + F + L);
  });
});

test("the recurrence of top-down attention", () => {
  tf.tidy(() => {
    const inputs = {
      projected: tensor(N, L, A),
      features: tensor(N, L, F),
      score: tensor(A, 1),
      gates1: tensor(S, 4 * H),
      hidden1: tensor(rows[0], H),
      hidden2: tensor(rows[0], H),
      cell1: tensor(rows[0], H),
      cell2: tensor(rows[0], H),
      recurrentKernel1: tensor(H, 4 * H),
      stateKernel1: tensor(H, A + 4 * H),
      stateKernel2: tensor(H, 8 * H),
      glimpseKernel: tensor(F, 4 * H),
      bias2: tensor(4 * H),
    };
    const plain = (x: typeof inputs) => {
      let { hidden1, hidden2, cell1, cell2 } = x;
      const parts = tf.split(x.gates1, rows, 0).map((given, t) => {
        const R = rows[t];
        const [to1, to2] = tf.split(tf.matMul(first(hidden2, R), x.stateKernel2), 2, 1);
        const own = tf.matMul(first(hidden1, R), x.recurrentKernel1);
        [hidden1, cell1] = lstm(given.add(own).add(to1), first(cell1, R));
        const [query, upward] = tf.split(tf.matMul(hidden1, x.stateKernel1), [A, 4 * H], 1);
        const { attention, glimpse } = attend(x.projected, x.features, query, x.score);
        const gates2 = tf.matMul(glimpse, x.glimpseKernel).add(upward).add(to2).add(x.bias2);
        [hidden2, cell2] = lstm(gates2, first(cell2, R));
        return tf.concat([hidden2, attention], 1);
      });
      return tf.concat(parts, 0);
    };
    assertSame((x: Parameters<typeof topDown>[0]) => topDown(x, columns), plain, inputs, H + L);
  });
});
