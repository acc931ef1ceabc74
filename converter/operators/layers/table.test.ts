import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import "./index.js";
import { layerClasses, layerTable } from "../../read/layers-model/registry.js";

/** Classes that the reader itself knows: what a model is made of. */
const READ = ["InputLayer", "Model", "Functional", "Sequential"];
/** Layers of Keras that TensorFlow.js lacks. */
const KERAS_ALONE = ["Subtract"];

/** The layer classes of TensorFlow.js, among all that it can serialise. */
function layersOfTensorFlow(): string[] {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  return Object.entries(classNameMap)
    .filter(([, [made]]) => (made as unknown as { prototype: object }).prototype instanceof tf.layers.Layer)
    .map(([name]) => name);
}

test("every layer class of TensorFlow.js converts, or is refused with a reason", () => {
  const classes = layersOfTensorFlow();
  assert.deepEqual(
    [...classes].sort(),
    [...layerClasses(), ...READ].filter((name) => !KERAS_ALONE.includes(name)).sort(),
  );
  assert.equal(classes.length, 69);
});

test("every class says what it becomes", () => {
  for (const { name, becomes } of layerTable()) assert.notEqual(becomes, "", name);
});
