import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import {
  assertConverts,
  assertLayer,
  combinations,
  gappedTensor,
  noiseTensor,
  stirWeights,
} from "../../../test/conversion.js";
import { convert } from "../../index.js";

type Symbolic = tf.SymbolicTensor;

before(async () => {
  await tf.setBackend("cpu");
});

/** A model from its inputs to its outputs, with weights that are not those of the start. */
function model(inputs: Symbolic[], outputs: Symbolic | Symbolic[]): tf.LayersModel {
  const made = tf.model({ inputs, outputs });
  stirWeights(made);
  return made;
}

const apply = (layer: unknown, ...inputs: Symbolic[]) =>
  (layer as tf.layers.Layer).apply(inputs.length === 1 ? inputs[0]! : inputs) as Symbolic;
const masking = (x: Symbolic) => apply(tf.layers.masking({ maskValue: 0 }), x);
const lstm = (options: object = {}) => tf.layers.lstm({ units: 4, ...options });

test("Masking zeroes whole steps", async () => {
  await assertLayer([[4, 3]], { maskValue: [undefined, 0, 1] }, (option) => tf.layers.masking(option));
});

test("a mask goes through the layers that hand it on, and is read behind them", async () => {
  const between: (() => tf.layers.Layer)[] = [
    () => tf.layers.dense({ units: 5, activation: "relu" }),
    () => tf.layers.activation({ activation: "tanh" }),
    () => tf.layers.reLU(),
    () => tf.layers.prelu(),
    () => tf.layers.leakyReLU(),
    () => tf.layers.elu(),
    () => tf.layers.thresholdedReLU(),
    () => tf.layers.dropout({ rate: 0.5 }),
    () => tf.layers.spatialDropout1d({ rate: 0.5 }),
    () => tf.layers.gaussianNoise({ stddev: 1 }),
    () => tf.layers.gaussianDropout({ rate: 0.5 }),
    () => tf.layers.alphaDropout({ rate: 0.5 }),
    () => tf.layers.batchNormalization(),
    () => tf.layers.layerNormalization(),
    () => tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 3 }) }),
    () => tf.layers.conv1d({ filters: 3, kernelSize: 2, padding: "same" }),
    () => tf.layers.permute({ dims: [1, 2] }),
    () => tf.layers.reshape({ targetShape: [5, 3] }),
    () => lstm({ returnSequences: true }) as tf.layers.Layer,
    () => tf.layers.bidirectional({ layer: lstm({ returnSequences: true }) as tf.RNN, mergeMode: "concat" }),
  ];
  for (const make of between) {
    const x = tf.input({ shape: [5, 3] });
    const y = apply(lstm({ returnSequences: true }), apply(make(), masking(x)));
    await assertConverts(model([x], y), [gappedTensor([2, 5, 3])]);
  }
});

test("Embedding with maskZero", async () => {
  for (const { returnSequences, maskZero } of combinations({
    returnSequences: [true, false],
    maskZero: [true, false],
  })) {
    const x = tf.input({ shape: [null], dtype: "int32" });
    const words = apply(tf.layers.embedding({ inputDim: 6, outputDim: 3, maskZero }), x);
    const made = model([x], apply(lstm({ returnSequences }), words));
    const tokens = tf.tensor2d([1, 2, 0, 4, 0, 0, 0, 3, 0, 5, 0, 0, 0, 0, 0], [3, 5], "int32");
    const { graph } = await assertConverts(made, [tokens]);
    assert.equal(
      graph.nodes.some((node) => node.op === "Scan"),
      maskZero,
    );
    for (const dtype of ["int64", "uint8"] as const) {
      await assertConverts(made, [tokens], { inputs: { [x.name.split("/")[0]!]: { dtype } } });
    }
  }
});

test("both directions with a mask, merged in every way", async () => {
  const both = {
    mergeMode: ["concat", "sum", "mul", "ave", null] as const,
    returnSequences: [false, true],
    returnState: [false, true],
    goBackwards: [false, true],
  };
  for (const cell of [tf.layers.lstm, tf.layers.gru]) {
    await assertLayer(
      [[5, 3]],
      both,
      ({ mergeMode, ...option }) =>
        tf.layers.bidirectional({ layer: cell({ units: 4, ...option }) as tf.RNN, mergeMode: mergeMode as "concat" }),
      { masked: true },
    );
  }
});

test("initial states with a mask", async () => {
  for (const { returnSequences, goBackwards } of combinations({
    returnSequences: [true, false],
    goBackwards: [true, false],
  })) {
    const [x, h, c] = [[5, 3], [4], [4]].map((shape) => tf.input({ shape })) as [Symbolic, Symbolic, Symbolic];
    const layer = lstm({ returnSequences, goBackwards });
    const y = layer.apply(masking(x), { initialState: [h, c] }) as Symbolic;
    const values = [gappedTensor([2, 5, 3]), noiseTensor([2, 4], 2), noiseTensor([2, 4], 3)];
    await assertConverts(model([x, h, c], y), values);
  }
});

test("masks of several inputs: joined by Concatenate, lost by Dot", async () => {
  for (const axis of [-1, 2]) {
    for (const second of [true, false]) {
      const [x, y] = [tf.input({ shape: [5, 3] }), tf.input({ shape: [5, 2] })] as [Symbolic, Symbolic];
      const joined = apply(tf.layers.concatenate({ axis }), masking(x), second ? masking(y) : y);
      const out = apply(lstm({ returnSequences: true }), joined);
      await assertConverts(model([x, y], out), [gappedTensor([2, 5, 3]), gappedTensor([2, 5, 2], 9)]);
    }
  }
  const [x, y] = [tf.input({ shape: [5, 3] }), tf.input({ shape: [4, 3] })] as [Symbolic, Symbolic];
  const after = apply(tf.layers.concatenate({ axis: 1 }), masking(x), masking(y));
  const out = apply(lstm({ returnSequences: true }), after);
  await assertConverts(model([x, y], out), [gappedTensor([2, 5, 3]), gappedTensor([2, 4, 3], 9)]);
  const [a, b] = [tf.input({ shape: [5, 3] }), tf.input({ shape: [5, 3] })] as [Symbolic, Symbolic];
  const dot = apply(tf.layers.dot({ axes: 2 }), masking(a), masking(b));
  await assertConverts(model([a, b], dot), [gappedTensor([2, 5, 3]), gappedTensor([2, 5, 3], 9)]);
});

test("a sum of masked inputs converts where nothing reads its mask, and is refused where a layer does", async () => {
  const [x, y] = [tf.input({ shape: [5, 3] }), tf.input({ shape: [5, 3] })] as [Symbolic, Symbolic];
  const sum = apply(tf.layers.add(), masking(x), masking(y));
  const values = [gappedTensor([2, 5, 3]), gappedTensor([2, 5, 3], 9)];
  await assertConverts(model([x, y], apply(tf.layers.dense({ units: 2 }), sum)), values);
  const read = model([x, y], apply(lstm(), sum));
  await assert.rejects(convert(read), { code: "CONVERT_UNSUPPORTED", message: /mask of shape \[1, N, 5\]/ });
  assert.throws(() => read.predict(values), "TensorFlow.js cannot either");
});

test("a layer without a mask of its own gets that of an earlier layer, as in TensorFlow.js", async () => {
  const x = tf.input({ shape: [5, 3] });
  const encoded = apply(lstm(), masking(x));
  for (const { n, goBackwards } of combinations({ n: [5, 3], goBackwards: [false, true] })) {
    const decoded = apply(lstm({ returnSequences: true, goBackwards }), apply(tf.layers.repeatVector({ n }), encoded));
    const { report } = await assertConverts(model([x], decoded), [gappedTensor([2, 5, 3])]);
    assert.match(report.warnings.join("\n"), /the one of an earlier layer/);
  }
  const longer = model([x], apply(lstm(), apply(tf.layers.repeatVector({ n: 6 }), encoded)));
  await assert.rejects(convert(longer), { code: "CONVERT_UNSUPPORTED", message: /mask of 5 steps for 6/ });
  assert.throws(() => longer.predict(gappedTensor([2, 5, 3])));
});

test("which mask is the earlier one follows TensorFlow.js's order, through branches and outputs", async () => {
  for (const swapped of [false, true]) {
    const [x, y] = [tf.input({ shape: [5, 3] }), tf.input({ shape: [5, 3] })] as [Symbolic, Symbolic];
    const masked = apply(lstm({ returnSequences: true }), masking(x));
    const plain = apply(lstm({ returnSequences: true }), y);
    const branches = swapped ? [plain, masked] : [masked, plain];
    const values = [gappedTensor([2, 5, 3]), noiseTensor([2, 5, 3], 9)];
    await assertConverts(model([x, y], apply(tf.layers.average(), ...branches)), values);
    await assertConverts(model([x, y], branches), values);
  }
});

test("a mask goes into a model inside, and does not come out", async () => {
  const inner = () => {
    const x = tf.input({ shape: [5, 3] });
    return tf.model({ inputs: x, outputs: apply(lstm({ returnSequences: true }), x) });
  };
  const masked = () => {
    const x = tf.input({ shape: [5, 4] });
    return tf.model({ inputs: x, outputs: apply(tf.layers.dense({ units: 3 }), masking(x)) });
  };
  const x = tf.input({ shape: [5, 3] });
  const values = [gappedTensor([2, 5, 3])];
  await assertConverts(model([x], apply(inner(), masking(x))), values);
  await assertConverts(model([x], apply(lstm(), apply(masked(), apply(inner(), x)))), values);
  const gone = model([x], apply(lstm(), apply(masked(), apply(inner(), masking(x)))));
  await assert.rejects(convert(gone), { code: "CONVERT_UNSUPPORTED", message: /is gone by then/ });
  assert.throws(() => gone.predict(values), "TensorFlow.js cannot either");
  const shared = inner();
  const both = apply(tf.layers.add(), apply(shared, x), apply(shared, masking(x)));
  await assertConverts(model([x], both), values);
});

test("Softmax with a mask", async () => {
  const x = tf.input({ shape: [5, 3] });
  const scores = apply(tf.layers.dense({ units: 5 }), apply(lstm(), masking(x)));
  await assertConverts(model([x], apply(tf.layers.softmax({ axis: -1 }), scores)), [gappedTensor([2, 5, 3])]);
  const wide = apply(tf.layers.softmax({ axis: -1 }), masking(x));
  await assert.rejects(convert(model([x], wide)), { code: "CONVERT_UNSUPPORTED", message: /does not fit/ });
});

test("a layer over time that reads masks is refused where one reaches it", async () => {
  const x = tf.input({ shape: [2, 5, 3] });
  const over = () => tf.layers.timeDistributed({ layer: lstm() as tf.layers.Layer });
  await assertConverts(model([x], apply(over(), x)), [noiseTensor([2, 2, 5, 3])]);
  const masked = model([x], apply(over(), masking(x)));
  await assert.rejects(convert(masked), { code: "CONVERT_UNSUPPORTED", message: /that of the whole sequence/ });
});

test("masked layers in every opset, and in a graph that is left as it was read", async () => {
  const x = tf.input({ shape: [null, 3] });
  const y = apply(tf.layers.gru({ units: 3 }), apply(lstm({ returnSequences: true, goBackwards: true }), masking(x)));
  for (const options of [{ opset: 18 }, { opset: 20 }, { opset: 21 }, { optimize: false }]) {
    await assertConverts(model([x], y), [gappedTensor([2, 5, 3])], options);
  }
});

test("models put together at random agree with TensorFlow.js wherever that runs them", async () => {
  const inside = () => {
    const x = tf.input({ shape: [5, 3] });
    return tf.model({
      inputs: x,
      outputs: apply(tf.layers.dense({ units: 3 }), apply(lstm({ returnSequences: true }), x)),
    });
  };
  const makers: ((one: Symbolic, two: Symbolic) => Symbolic)[] = [
    masking,
    masking,
    (x) => apply(tf.layers.dense({ units: 3 }), x),
    (x) => apply(tf.layers.conv1d({ filters: 3, kernelSize: 3, padding: "same" }), x),
    (x) => apply(tf.layers.simpleRNN({ units: 3, returnSequences: true }), x),
    (x) => apply(tf.layers.gru({ units: 3, returnSequences: true, goBackwards: true }), x),
    (x) => apply(tf.layers.repeatVector({ n: 5 }), apply(tf.layers.lstm({ units: 3 }), x)),
    (x) =>
      apply(
        tf.layers.bidirectional({ layer: lstm({ units: 3, returnSequences: true }), mergeMode: "sum" } as never),
        x,
      ),
    (x) => apply(tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 3 }) }), x),
    (x) => apply(inside(), x),
    (x, y) => apply(tf.layers.average(), x, y),
    (x, y) => apply(tf.layers.dense({ units: 3 }), apply(tf.layers.concatenate({ axis: -1 }), x, y)),
  ];
  const choice = fc.record({ make: fc.nat(makers.length - 1), one: fc.nat(2), two: fc.nat(2) });
  let compared = 0;
  const build = fc.array(choice, { minLength: 3, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(build, fc.boolean(), async (choices, several) => {
      const x = tf.input({ shape: [5, 3] });
      const made = [x];
      for (const { make, one, two } of choices) {
        const [a, b] = [made.at(-1 - one) ?? x, made.at(-1 - two) ?? x];
        made.push(makers[make]!(a, b === a ? x : b));
      }
      const outputs = several && made.length > 3 ? [made.at(-1)!, made.at(-3)!] : [made.at(-1)!];
      const whole = model([x], outputs);
      const values = [gappedTensor([2, 5, 3])];
      let runs = true;
      try {
        tf.dispose(tf.tidy(() => whole.predict(values)));
      } catch {
        runs = false;
      }
      if (!runs) return;
      compared += 1;
      await assertConverts(whole, values);
    }),
    { numRuns: 80, seed: 4 },
  );
  assert.ok(compared > 40, `${compared} compared`);
});
