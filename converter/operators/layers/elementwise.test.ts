import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { ACTIVATIONS, assertLayer } from "../../../test/conversion.js";
import { activationNames } from "../../emit/activation.js";

before(async () => {
  await tf.setBackend("cpu");
});

test("every activation of tfjs, on two to four axes and with every opset", async () => {
  assert.equal(ACTIVATIONS.length, activationNames.length);
  for (const shape of [[5], [3, 4], [2, 3, 4]]) {
    await assertLayer([shape], { activation: ACTIVATIONS }, (option) => tf.layers.activation(option as never));
  }
  for (const opset of [18, 20, 21]) {
    await assertLayer([[5]], { activation: ACTIVATIONS }, (option) => tf.layers.activation(option as never), { opset });
  }
});

test("activation layers", async () => {
  await assertLayer([[3, 4]], { maxValue: [undefined, 6, 0.5] }, (option) => tf.layers.reLU(option));
  await assertLayer([[3, 4]], { alpha: [undefined, 0, 0.1] }, (option) => tf.layers.leakyReLU(option));
  await assertLayer([[3, 4]], {}, () => tf.layers.elu());
  await assertLayer([[3, 4]], { theta: [undefined, 0.5] }, (option) => tf.layers.thresholdedReLU(option));
  await assertLayer([[3, 4, 2]], { sharedAxes: [undefined, [1, 2], [2]] }, (option) =>
    tf.layers.prelu({ ...option, sharedAxes: option.sharedAxes as number[] }),
  );
  await assertLayer([[4]], { axis: [undefined, -1] }, (option) => tf.layers.softmax(option));
  await assertLayer([[3, 4]], { axis: [2, -1] }, (option) => tf.layers.softmax(option));
});

test("dense layers on any number of axes", async () => {
  const options = { useBias: [true, false], activation: ["relu", "tanh", "swish", undefined] as const };
  for (const shape of [[5], [3, 5], [2, 3, 5]]) {
    await assertLayer([shape], options, (option) => tf.layers.dense({ units: 4, ...(option as object) }));
  }
});

test("rescaling", async () => {
  await assertLayer([[3, 4]], { scale: [2, 1 / 255], offset: [undefined, 0, -1] }, (option) =>
    tf.layers.rescaling(option),
  );
});

test("layers that act in training alone", async () => {
  await assertLayer([[3, 4]], { rate: [0, 0.5] }, (option) => tf.layers.dropout(option));
  await assertLayer([[3, 4]], {}, () => tf.layers.spatialDropout1d({ rate: 0.5 }));
  await assertLayer([[3, 4]], {}, () => tf.layers.gaussianNoise({ stddev: 0.5 }));
  await assertLayer([[3, 4]], {}, () => tf.layers.gaussianDropout({ rate: 0.5 }));
  await assertLayer([[3, 4]], {}, () => tf.layers.alphaDropout({ rate: 0.5 }));
});
