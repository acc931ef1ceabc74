import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertConverts, assertLayer, noiseTensor, stirWeights } from "../../../test/conversion.js";
import { convert } from "../../index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const sequences = {
  returnSequences: [false, true],
  returnState: [false, true],
  goBackwards: [false, true],
  useBias: [true, false],
};
const gates = { ...sequences, recurrentActivation: [undefined, "sigmoid", "hardSigmoid"] as const };

test("LSTM, GRU and SimpleRNN, with and without sequences and states", async () => {
  await assertLayer([[4, 3]], gates, (option) => tf.layers.lstm({ units: 5, ...(option as object) }) as never);
  await assertLayer([[4, 3]], gates, (option) => tf.layers.gru({ units: 5, ...(option as object) }) as never);
  await assertLayer([[4, 3]], sequences, (option) => tf.layers.simpleRNN({ units: 5, ...option }) as never);
});

test("recurrent layers with other activations", async () => {
  const activation = ["relu", "linear", "sigmoid", "elu", "softsign", "softplus", "hardSigmoid"] as const;
  await assertLayer([[4, 3]], { activation }, (option) => tf.layers.lstm({ units: 5, ...option }) as never);
  await assertLayer([[4, 3]], { activation }, (option) => tf.layers.gru({ units: 5, ...option }) as never);
  await assertLayer([[4, 3]], { activation }, (option) => tf.layers.simpleRNN({ units: 5, ...option }) as never);
});

test("initial states given as inputs", async () => {
  const [x, hidden, cell] = [[4, 3], [5], [5]].map((shape, i) => tf.input({ shape, name: ["x", "h", "c"][i] }));
  const lstm = tf.layers.lstm({ units: 5, returnState: true, returnSequences: true });
  const lstmOutputs = lstm.apply(x!, { initialState: [hidden!, cell!] }) as tf.SymbolicTensor[];
  const gru = tf.layers.gru({ units: 5, returnState: true });
  const gruOutputs = gru.apply(x!, { initialState: [hidden!] }) as tf.SymbolicTensor[];
  const model = tf.model({ inputs: [x!, hidden!, cell!], outputs: [...lstmOutputs, ...gruOutputs] });
  stirWeights(model);
  await assertConverts(model, [noiseTensor([2, 4, 3]), noiseTensor([2, 5], 2), noiseTensor([2, 5], 3)]);
});

test("a sequence of any length", async () => {
  const x = tf.input({ shape: [null, 3] });
  const model = tf.model({ inputs: x, outputs: tf.layers.lstm({ units: 4, returnSequences: true }).apply(x) as never });
  stirWeights(model);
  const { graph } = await assertConverts(model, [noiseTensor([2, 6, 3])]);
  assert.deepEqual(graph.outputs[0]!.shape, ["N", "T", 4]);
});

test("both directions, merged in every way", async () => {
  const both = {
    mergeMode: ["concat", "sum", "mul", "ave", null] as const,
    returnSequences: [false, true],
    returnState: [false, true],
  };
  for (const cell of [tf.layers.lstm, tf.layers.gru, tf.layers.simpleRNN]) {
    await assertLayer([[4, 3]], both, ({ mergeMode, ...option }) =>
      // tfjs takes null for no merging, its types do not.
      tf.layers.bidirectional({ layer: cell({ units: 5, ...option }) as tf.RNN, mergeMode: mergeMode as "concat" }),
    );
  }
});

test("masking zeroes whole steps", async () => {
  await assertLayer([[4, 3]], { maskValue: [undefined, 0, 1] }, (option) => tf.layers.masking(option));
});

test("what ONNX's recurrent operators cannot do is refused by name", async () => {
  const gelu = tf.sequential({
    layers: [tf.layers.lstm({ name: "odd", units: 2, activation: "swish", inputShape: [3, 1] })],
  });
  await assert.rejects(convert(gelu), { code: "CONVERT_UNSUPPORTED", message: /"odd" \(LSTM\).*swish/ });
  const stateful = tf.sequential({
    layers: [tf.layers.lstm({ units: 2, stateful: true, batchInputShape: [1, 3, 1] })],
  });
  await assert.rejects(convert(stateful), { code: "CONVERT_UNSUPPORTED", message: /state/ });
  const masked = tf.sequential();
  masked.add(tf.layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true, inputLength: 3 }));
  masked.add(tf.layers.lstm({ units: 2 }));
  await assert.rejects(convert(masked), { code: "CONVERT_UNSUPPORTED", message: /mask/ });
});

test("embedding of whole numbers, and layers over time", async () => {
  await assertLayer([[4]], {}, () => tf.layers.embedding({ inputDim: 9, outputDim: 3 }), { dtype: "int32", below: 9 });
  await assertLayer([[2, 4]], {}, () => tf.layers.embedding({ inputDim: 9, outputDim: 3 }), {
    dtype: "int32",
    below: 9,
  });
  await assertLayer([[4, 3]], { units: [2] }, (option) =>
    tf.layers.timeDistributed({ layer: tf.layers.dense({ ...option, activation: "relu" }) }),
  );
  await assertLayer([[3, 5, 4, 2]], {}, () =>
    tf.layers.timeDistributed({ layer: tf.layers.conv2d({ filters: 3, kernelSize: 2 }) }),
  );
});
