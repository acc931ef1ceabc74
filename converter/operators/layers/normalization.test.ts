import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertLayer, noiseTensor, stirWeights } from "../../../test/conversion.js";
import { convert } from "../../index.js";
import { verifyParity } from "../../verify/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const parameters = { epsilon: [undefined, 1e-5], center: [true, false], scale: [true, false] };

test("BatchNormalization of the last axis", async () => {
  for (const shape of [[4], [3, 4], [5, 3, 4]]) {
    await assertLayer([shape], { ...parameters, axis: [-1, shape.length] }, (option) =>
      tf.layers.batchNormalization(option),
    );
  }
});

test("BatchNormalization of another axis, which tfjs's cpu engine mixes up, agrees with its formula", async () => {
  for (const [shape, axis] of [
    [[3, 4], 1],
    [[5, 3, 4], 1],
    [[5, 3, 4], 2],
  ] as const) {
    const input = tf.input({ shape: [...shape] });
    const layer = tf.layers.batchNormalization({ axis });
    const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
    stirWeights(model);
    const { graph } = await convert(model);
    const spread = [1, ...shape].map((extent, i) => (i === axis ? extent : 1));
    const [gamma, beta, mean, variance] = layer.getWeights().map((weight) => tf.reshape(weight, spread));
    const x = noiseTensor([2, ...shape]);
    const expected = x.sub(mean!).div(variance!.add(1e-3).sqrt()).mul(gamma!).add(beta!);
    const formula = { inputNames: [""], predict: () => expected.clone() } as unknown as tf.LayersModel;
    for (const row of await verifyParity(formula, graph, { [graph.inputs[0]!.name]: x })) assert.ok(row.ok);
  }
});

test("LayerNormalization over every choice of axes", async () => {
  for (const [shape, axis] of [
    [[4], [-1, 1]],
    [
      [3, 4],
      [-1, 1, [1, 2], [-1, -2]],
    ],
    [
      [2, 3, 4],
      [-1, 2, [2, 3], [1, 2], [1, 3]],
    ],
  ] as const) {
    await assertLayer([[...shape]], { ...parameters, axis: axis as readonly (number | number[])[] }, (option) =>
      tf.layers.layerNormalization({ ...option, axis: Array.isArray(option.axis) ? [...option.axis] : option.axis }),
    );
  }
});
