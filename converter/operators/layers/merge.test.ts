import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertLayer } from "../../../test/conversion.js";

before(async () => {
  await tf.setBackend("cpu");
});

const MERGES = [
  () => tf.layers.add(),
  () => tf.layers.multiply(),
  () => tf.layers.average(),
  () => tf.layers.maximum(),
  () => tf.layers.minimum(),
];

test("elementwise merges of two and three inputs, with broadcasting and unequal ranks", async () => {
  const shapes = [
    [
      [3, 4],
      [3, 4],
    ],
    [
      [3, 4],
      [1, 4],
      [3, 1],
    ],
    [
      [2, 3, 4],
      [1, 1, 4],
    ],
    [[3, 4], [4]],
    [[4], [2, 3, 4], [3, 4]],
  ];
  for (const inputs of shapes) {
    for (const make of MERGES) await assertLayer(inputs, {}, make);
  }
});

test("concatenation along every axis", async () => {
  await assertLayer(
    [
      [3, 4],
      [3, 4],
      [3, 4],
    ],
    { axis: [undefined, 1, 2, -1, -2] },
    (option) => tf.layers.concatenate(option),
  );
  await assertLayer(
    [
      [3, 4],
      [3, 2],
    ],
    { axis: [-1, 2] },
    (option) => tf.layers.concatenate(option),
  );
});

test("dot products along every pair of axes", async () => {
  const normalize = [false, true];
  await assertLayer([[4], [4]], { axes: [1, -1, [1, 1]], normalize }, (option) => tf.layers.dot(option as never));
  await assertLayer([[4], [4, 3]], { axes: [[1, 1]], normalize }, (option) => tf.layers.dot(option as never));
  await assertLayer([[4], [3, 4]], { axes: [[1, 2], -1], normalize }, (option) => tf.layers.dot(option as never));
  await assertLayer([[4, 3], [4]], { axes: [[1, 1]], normalize }, (option) => tf.layers.dot(option as never));
  await assertLayer([[3, 4], [4]], { axes: [[2, 1]], normalize }, (option) => tf.layers.dot(option as never));
  await assertLayer(
    [
      [3, 4],
      [5, 4],
    ],
    { axes: [2, -1, [2, 2]], normalize },
    (option) => tf.layers.dot(option as never),
  );
  await assertLayer(
    [
      [3, 4],
      [3, 5],
    ],
    { axes: [1, [1, 1]], normalize },
    (option) => tf.layers.dot(option as never),
  );
  await assertLayer(
    [
      [3, 4],
      [4, 5],
    ],
    { axes: [[2, 1]], normalize },
    (option) => tf.layers.dot(option as never),
  );
  await assertLayer(
    [
      [4, 3],
      [5, 4],
    ],
    { axes: [[1, 2]], normalize },
    (option) => tf.layers.dot(option as never),
  );
});
