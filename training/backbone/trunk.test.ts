import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { setLayerWeights } from "../model/weights.js";
import { toBackbone } from "./network.js";
import { openTrunk, type Trunk } from "./trunk.js";
import { tuned } from "./tuned.js";
import type { Backbone } from "./types.js";

/** Convolutions of each kind, batch norm, a clipped activation, a residual and a pool: [6, 6, 3] -> [2, 2, 5] */
function network(layer: string): Backbone {
  const grids = { low: { grid: [3, 3], channels: 4 }, top: { grid: [2, 2], channels: 5 } } as const;
  const { grid, channels } = grids[layer as "low"];
  const about = { name: "tiny", input: { width: 6, height: 6, resize: "stretch" }, normalization: "none" } as const;
  return toBackbone({ ...about, notices: [], layers: { [layer]: { grid: [...grid], channels } } }, layer, {
    sha256: "0".repeat(64),
    async build() {
      const seeded = (seed: number) => tf.initializers.randomUniform({ minval: -0.5, maxval: 0.5, seed });
      const image = tf.input({ shape: [6, 6, 3], name: "image" });
      const low = tf.layers
        .conv2d({ name: "low", filters: 4, kernelSize: 2, strides: 2, kernelInitializer: seeded(1) })
        .apply(image) as tf.SymbolicTensor;
      let x = tf.layers
        .depthwiseConv2d({
          name: "depthwise",
          kernelSize: 3,
          padding: "same",
          useBias: false,
          depthwiseInitializer: seeded(2),
        })
        .apply(low) as tf.SymbolicTensor;
      x = tf.layers
        .batchNormalization({
          name: "norm",
          gammaInitializer: seeded(3),
          movingMeanInitializer: seeded(4),
          movingVarianceInitializer: "ones",
        })
        .apply(x) as tf.SymbolicTensor;
      x = tf.layers.reLU({ name: "clipped", maxValue: 6 }).apply(x) as tf.SymbolicTensor;
      x = tf.layers.add({ name: "residual" }).apply([x, low]) as tf.SymbolicTensor;
      x = tf.layers.maxPooling2d({ name: "pool", poolSize: 2, strides: 1 }).apply(x) as tf.SymbolicTensor;
      const top = tf.layers
        .conv2d({
          name: "top",
          filters: 5,
          kernelSize: 2,
          padding: "same",
          activation: "sigmoid",
          kernelInitializer: seeded(5),
          biasInitializer: seeded(6),
        })
        .apply(x) as tf.SymbolicTensor;
      return tf.model({ inputs: image, outputs: layer === "low" ? low : top });
    },
  });
}

let trunk: Trunk;
before(async () => {
  await tf.setBackend("cpu");
  trunk = await openTrunk(network("top"), network("low"));
});

const tensors = (values = trunk.values) =>
  Object.fromEntries(trunk.specs.map(({ name, shape }) => [name, tf.tensor(values[name], shape)]));
const moved = () =>
  Object.fromEntries(
    Object.entries(trunk.values).map(([name, value]) => [name, value.map((v, i) => v + 0.1 / (i + 1))]),
  );
const largest = (x: tf.Tensor) => x.abs().max().dataSync()[0];

test("the two parts of a backbone compute what the whole does", async () => {
  const image = tf.randomUniform([2, 6, 6, 3], -1, 1, "float32", 7);
  const whole = (await network("top").layersModel!()).predict(image) as tf.Tensor; //  [2, 2, 2, 5]
  const low = (await network("low").layersModel!()).predict(image) as tf.Tensor; //    [2, 3, 3, 4]
  const features = trunk.apply(tensors(), low.reshape([2, 9, 4])); //                  [2, 4, 5]
  assert.deepEqual(trunk.input, { locations: 9, channels: 4 });
  assert.ok(largest(features.sub(whole.reshape([2, 4, 5]))) < 1e-6);
});

test("convolutions are trained, batch norm is not", () => {
  assert.deepEqual(
    trunk.specs.map(({ name, shape }) => [name, shape]),
    [
      ["depthwise/depthwise_kernel", [3, 3, 4, 1]],
      ["top/kernel", [2, 2, 4, 5]],
      ["top/bias", [5]],
    ],
  );
});

test("gradients agree with finite differences", () => {
  const x = tf.randomUniform<tf.Rank.R3>([2, 9, 4], -1, 1, "float32", 8);
  const weight = tf.randomUniform([2, 4, 5], -1, 1, "float32", 9);
  const objective = (values: Record<string, tf.Tensor>) => trunk.apply(values, x).mul(weight).sum() as tf.Scalar;
  const { grads } = tf.valueAndGrads((...given) =>
    objective(Object.fromEntries(trunk.specs.map(({ name }, i) => [name, given[i]]))),
  )(Object.values(tensors()));
  for (const [at, { name }] of trunk.specs.entries()) {
    const gradient = grads[at].dataSync();
    for (let i = 0; i < gradient.length; i += 3) {
      const nudged = (by: number) => {
        const values = { ...trunk.values, [name]: trunk.values[name].map((v, j) => (i === j ? v + by : v)) };
        return objective(tensors(values)).dataSync()[0];
      };
      const slope = (nudged(0.01) - nudged(-0.01)) / 0.02;
      assert.ok(Math.abs(slope - gradient[i]) < 2e-3, `${name}[${i}]: ${gradient[i]}, finite difference ${slope}`);
    }
  }
});

test("as layers, with tuned values, it computes the same, and the tuned backbone too", async () => {
  const values = moved();
  const image = tf.randomUniform([2, 6, 6, 3], -1, 1, "float32", 10);
  const low = ((await network("low").layersModel!()).predict(image) as tf.Tensor).reshape([2, 9, 4]) as tf.Tensor3D;
  const features = trunk.apply(tensors(values), low); //                               [2, 4, 5]
  const input = tf.input({ shape: [9, 4] });
  const layers = tf.model({ inputs: input, outputs: trunk.layers(input) });
  setLayerWeights(layers, trunk.specs, values);
  assert.ok(largest(features.sub(layers.predict(low) as tf.Tensor)) < 1e-6);

  const backbone = tuned(network("top"), trunk.specs, values);
  const whole = (await backbone.layersModel!()).predict(image) as tf.Tensor; //        [2, 2, 2, 5]
  assert.ok(largest(features.sub(whole.reshape([2, 4, 5]))) < 1e-6);
  assert.notEqual(backbone.weightsSha256, network("top").weightsSha256);
  assert.notEqual(backbone.weightsSha256, tuned(network("top"), trunk.specs, trunk.values).weightsSha256);
});

test("between a layer and itself nothing can be trained", async () => {
  await assert.rejects(openTrunk(network("top"), network("top")), { code: "BACKBONE_LAYER" });
  const { layersModel: _, ...graphOnly } = network("top");
  await assert.rejects(openTrunk(graphOnly, network("low")), { code: "USAGE" });
});
