import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { combinations, gappedTensor, noiseTensor, stirWeights } from "../../../test/conversion.js";
import { convert, type Graph } from "../../index.js";

type Symbolic = tf.SymbolicTensor;

before(async () => {
  await tf.setBackend("cpu");
});

/** Feeds the graph one input after the other, each run's last states to the next; gives what each run made. */
async function runInTurn(bytes: Uint8Array, graph: Graph, xs: tf.Tensor[]): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const next = JSON.parse(graph.metadata.states!) as Record<string, string>;
  let states: Record<string, ort.Tensor> = {};
  for (const { name, shape } of graph.inputs.slice(1)) {
    const size = shape as number[];
    states[name] = new ort.Tensor("float32", new Float32Array(tf.util.sizeFromShape(size)), size);
  }
  const made: Float32Array[] = [];
  for (const x of xs) {
    const feeds = { [graph.inputs[0]!.name]: new ort.Tensor("float32", x.dataSync() as Float32Array, x.shape) };
    const results = await session.run({ ...feeds, ...states });
    made.push(results[graph.outputs[0]!.name]!.data as Float32Array);
    states = Object.fromEntries(Object.entries(next).map(([input, output]) => [input, results[output]! as ort.Tensor]));
  }
  await session.release();
  return made;
}

async function assertInTurn(model: tf.LayersModel, xs: tf.Tensor[]): Promise<Graph> {
  stirWeights(model);
  const converted = await convert(model);
  const made = await runInTurn(converted.bytes(), converted.graph, xs);
  model.resetStates();
  for (const [i, x] of xs.entries()) {
    const expected = (model.predict(x) as tf.Tensor).dataSync();
    for (const [at, value] of expected.entries()) {
      assert.ok(Math.abs(value - made[i]![at]!) < 1e-4, `run ${i}: ${value} and ${made[i]![at]}`);
    }
  }
  return converted.graph;
}

const xs = (shape: number[]) => [1, 2, 3].map((seed) => noiseTensor(shape, seed));

test("states of stateful layers are inputs, and outputs for the next run", async () => {
  const layers = [tf.layers.lstm, tf.layers.gru, tf.layers.simpleRNN] as ((options: object) => tf.layers.Layer)[];
  const options = { returnSequences: [true, false], goBackwards: [true, false], layer: layers };
  for (const { layer, ...option } of combinations(options)) {
    const recurrent = layer({ units: 4, stateful: true, batchInputShape: [2, 3, 5], name: "memory", ...option });
    const graph = await assertInTurn(tf.sequential({ layers: [recurrent] }), xs([2, 3, 5]));
    assert.deepEqual(graph.inputs[1], { name: "memory/state_0", dtype: "float32", shape: [2, 4] });
    assert.equal(graph.outputs[1]!.name, "memory/next_state_0");
  }
});

test("stateful layers: both ways, stacks, convolutions, with a mask, and two after each other", async () => {
  const x = tf.input({ batchShape: [2, 3, 5] });
  const run = (layer: unknown, input: Symbolic) => (layer as tf.layers.Layer).apply(input) as Symbolic;
  const lstm = (more: object = {}) => tf.layers.lstm({ units: 4, stateful: true, ...more });
  const both = tf.layers.bidirectional({ layer: lstm({ returnSequences: true }) as tf.RNN, mergeMode: "concat" });
  await assertInTurn(tf.model({ inputs: x, outputs: run(lstm(), run(both, x)) }), xs([2, 3, 5]));
  const cells = [tf.layers.lstmCell({ units: 4 }), tf.layers.gruCell({ units: 3 })];
  const stack = tf.layers.rnn({ cell: cells as never, stateful: true });
  await assertInTurn(tf.model({ inputs: x, outputs: run(stack, x) }), xs([2, 3, 5]));
  const masked = tf.model({ inputs: x, outputs: run(lstm(), run(tf.layers.masking(), x)) });
  await assertInTurn(
    masked,
    [4, 5, 6].map((seed) => gappedTensor([2, 3, 5], seed)),
  );
  const images = tf.input({ batchShape: [2, 3, 4, 5, 2] });
  const convolution = tf.layers.convLstm2d({ filters: 3, kernelSize: 2, stateful: true } as never);
  await assertInTurn(tf.model({ inputs: images, outputs: run(convolution, images) }), xs([2, 3, 4, 5, 2]));
});

test("a stateful layer of which several outputs are used is refused", async () => {
  const x = tf.input({ batchShape: [2, 3, 5] });
  const layer = tf.layers.lstm({ units: 4, stateful: true, returnState: true });
  const model = tf.model({ inputs: x, outputs: layer.apply(x) as Symbolic[] });
  await assert.rejects(convert(model), { code: "CONVERT_UNSUPPORTED", message: /more than one of its outputs/ });
});
