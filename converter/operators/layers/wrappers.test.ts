import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertConverts, assertLayer, combinations, noiseTensor, stirWeights } from "../../../test/conversion.js";
import { convert } from "../../index.js";
import { artifactsOf } from "../../read/layers-model/live.js";

type Symbolic = tf.SymbolicTensor;
type Layer = tf.layers.Layer;

before(async () => {
  await tf.setBackend("cpu");
});

const run = (layer: unknown, input: Symbolic) => (layer as Layer).apply(input) as Symbolic;

test("every kind of layer over time, for a fixed and for any number of steps", async () => {
  const kinds: [number[], () => unknown][] = [
    [[4], () => tf.layers.dense({ units: 3, activation: "softmax" })],
    [[4], () => tf.layers.batchNormalization()],
    [[4], () => tf.layers.layerNormalization()],
    [[4], () => tf.layers.prelu()],
    [[4], () => tf.layers.repeatVector({ n: 2 })],
    [[4], () => tf.layers.masking({ maskValue: 0 })],
    [[4, 3], () => tf.layers.flatten()],
    [[4, 3], () => tf.layers.permute({ dims: [2, 1] })],
    [[4, 3], () => tf.layers.reshape({ targetShape: [2, 6] })],
    [[4, 3], () => tf.layers.globalAveragePooling1d({})],
    [[4, 3], () => tf.layers.conv1d({ filters: 2, kernelSize: 2 })],
    [[4, 3], () => tf.layers.lstm({ units: 3, returnSequences: true })],
    [[4, 3], () => tf.layers.gru({ units: 3, activation: "swish" })],
    [[4, 3], () => tf.layers.bidirectional({ layer: tf.layers.gru({ units: 3 }) as tf.RNN, mergeMode: "sum" })],
    [[4, 3], () => tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2 }) })],
    [[4, 5, 2], () => tf.layers.conv2d({ filters: 3, kernelSize: 2, padding: "same" })],
    [[4, 5, 2], () => tf.layers.maxPooling2d({ poolSize: 2 })],
    [[4, 5, 2], () => tf.layers.upSampling2d({ size: [2, 2] })],
  ];
  for (const [shape, make] of kinds) {
    const layer = () => tf.layers.timeDistributed({ layer: make() as Layer });
    await assertLayer([[3, ...shape]], {}, layer);
    const x = tf.input({ shape: [null, ...shape] });
    const model = tf.model({ inputs: x, outputs: run(layer(), x) });
    stirWeights(model);
    const { graph } = await assertConverts(model, [noiseTensor([2, 5, ...shape])]);
    assert.deepEqual(graph.outputs[0]!.shape.slice(0, 2), graph.inputs[0]!.shape.slice(0, 2));
  }
});

test("a whole model over time", async () => {
  const network = () =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({ filters: 3, kernelSize: 2, inputShape: [4, 5, 2], activation: "relu" }),
        tf.layers.batchNormalization(),
        tf.layers.globalAveragePooling2d({}),
      ],
    });
  for (const { time, functional } of combinations({ time: [3, null], functional: [false, true] })) {
    const sequential = network();
    const inner = functional ? tf.model({ inputs: sequential.inputs, outputs: sequential.outputs }) : sequential;
    const x = tf.input({ shape: [time, 4, 5, 2] });
    const over = run(tf.layers.timeDistributed({ layer: inner as Layer }), x);
    const model = tf.model({ inputs: x, outputs: run(tf.layers.lstm({ units: 3 }), over) });
    stirWeights(model);
    await assertConverts(model, [noiseTensor([2, 3, 4, 5, 2])]);
  }
});

test("both ways: every merge, with initial states, backwards, and activations that ONNX lacks", async () => {
  const options = {
    mergeMode: ["concat", "sum", "mul", "ave", null] as const,
    returnSequences: [false, true],
    goBackwards: [false, true],
    activation: ["tanh", "swish"] as const,
  };
  for (const { mergeMode, ...option } of combinations(options)) {
    const [x, ...states] = [[4, 3], [5], [5], [5], [5]].map((shape) => tf.input({ shape })) as [
      Symbolic,
      ...Symbolic[],
    ];
    const layer = tf.layers.bidirectional({
      layer: tf.layers.lstm({ units: 5, ...option }) as tf.RNN,
      mergeMode: mergeMode as "concat",
    }) as Layer;
    const outputs = layer.apply(x, { initialState: states }) as Symbolic | Symbolic[];
    const model = tf.model({ inputs: [x, ...states], outputs });
    stirWeights(model);
    const values = [
      [2, 4, 3],
      [2, 5],
      [2, 5],
      [2, 5],
      [2, 5],
    ].map((shape, i) => noiseTensor(shape, i + 1));
    await assertConverts(model, values);
  }
  await assertLayer(
    [[3, 4, 5, 2]],
    { mergeMode: ["concat", "sum"] as const, returnSequences: [false, true] },
    ({ mergeMode, ...option }) =>
      tf.layers.bidirectional({
        layer: tf.layers.convLstm2d({ filters: 3, kernelSize: 2, ...option }) as unknown as tf.RNN,
        mergeMode,
      }),
  );
});

test("models inside models, shared ones among them", async () => {
  const block = (name: string) => {
    const x = tf.input({ shape: [4, 3] });
    const inner = tf.sequential({ name: `${name}_head`, layers: [tf.layers.dense({ units: 3, inputShape: [4, 3] })] });
    return tf.model({
      inputs: x,
      outputs: run(tf.layers.lstm({ units: 3, returnSequences: true }), run(inner, x)),
      name,
    });
  };
  const shared = block("shared");
  const [x, y] = [tf.input({ shape: [4, 3] }), tf.input({ shape: [4, 3] })] as [Symbolic, Symbolic];
  const both = [run(shared, x), run(shared, run(block("own"), y))];
  const dense = tf.layers.dense({ units: 2 });
  const outputs = [...both.map((value) => run(dense, value)), run(shared, both[0]!)];
  const model = tf.model({ inputs: [x, y], outputs });
  stirWeights(model);
  await assertConverts(model, [noiseTensor([2, 4, 3]), noiseTensor([2, 4, 3], 2)]);
});

test("constraints, regularisers and initialisers are ignored, whatever their names", async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.conv1d({
        name: "conv",
        filters: 2,
        kernelSize: 2,
        inputShape: [4, 3],
        kernelConstraint: "nonNeg",
        biasConstraint: tf.constraints.maxNorm({ maxValue: 2 }),
        kernelRegularizer: "l1l2",
        kernelInitializer: "heNormal",
      }),
      tf.layers.lstm({
        name: "lstm",
        units: 3,
        recurrentConstraint: "unitNorm",
        kernelRegularizer: "l1l2",
        recurrentInitializer: "orthogonal",
        unitForgetBias: true,
        dropout: 0.3,
        recurrentDropout: 0.2,
      }),
    ],
  });
  stirWeights(model);
  const converted = await assertConverts(model, [noiseTensor([2, 4, 3])]);
  const artifacts = await artifactsOf(model);
  const own = { class_name: "OwnThing", config: { odd: [1] } };
  const topology = artifacts.modelTopology as { config: { layers: { config: Record<string, unknown> }[] } };
  for (const { config } of topology.config.layers) {
    for (const key of Object.keys(config)) {
      if (/constraint|regularizer|initializer/.test(key)) config[key] = own;
    }
  }
  assert.deepEqual((await convert(artifacts)).bytes(), converted.bytes());
});
