import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { ACTIVATIONS, assertConverts, assertLayer, noiseTensor, stirWeights } from "../../../test/conversion.js";

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

type Cell = Parameters<typeof tf.layers.stackedRNNCells>[0]["cells"][number];
const CELLS = {
  LSTM: tf.layers.lstmCell,
  GRU: tf.layers.gruCell,
  SimpleRNN: tf.layers.simpleRNNCell,
};
const LAYERS = { LSTM: tf.layers.lstm, GRU: tf.layers.gru, SimpleRNN: tf.layers.simpleRNN };
const CLASSES = ["LSTM", "GRU", "SimpleRNN"] as const;

test("recurrent layers with every activation, also those that ONNX's operators lack", async () => {
  const activation = ACTIVATIONS;
  for (const name of CLASSES) {
    const layer = LAYERS[name] as (options: object) => tf.layers.Layer;
    await assertLayer([[4, 3]], { activation }, (option) => layer({ units: 5, ...option }));
    if (name === "SimpleRNN") continue;
    const recurrentActivation = ACTIVATIONS;
    await assertLayer([[4, 3]], { recurrentActivation }, (option) => layer({ units: 5, ...option }));
  }
});

test("masked steps leave states and outputs as they were", async () => {
  for (const name of CLASSES) {
    const layer = LAYERS[name] as (options: object) => tf.layers.Layer;
    await assertLayer([[5, 3]], sequences, (option) => layer({ units: 4, ...option }), { masked: true });
  }
});

test("an RNN of any cell or stack of cells, with and without a mask", async () => {
  const one = (name: keyof typeof CELLS, units: number) => (CELLS[name] as (options: object) => Cell)({ units });
  const stacks: (() => Cell | Cell[])[] = [
    ...CLASSES.map((name) => () => one(name, 4)),
    () => [one("LSTM", 4), one("GRU", 3)],
    () => [one("SimpleRNN", 2), one("LSTM", 4), one("LSTM", 3)],
    () => [one("GRU", 4)],
    () => tf.layers.stackedRNNCells({ cells: [one("GRU", 2), one("SimpleRNN", 3)] }),
    () => CELLS.LSTM({ units: 4, activation: "swish", useBias: false }),
  ];
  const { useBias: _, ...rest } = sequences;
  for (const masked of [false, true]) {
    await assertLayer(
      [[5, 3]],
      { ...rest, stack: stacks },
      ({ stack, ...option }) => {
        return tf.layers.rnn({ cell: stack(), ...option }) as tf.layers.Layer;
      },
      { masked },
    );
  }
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
