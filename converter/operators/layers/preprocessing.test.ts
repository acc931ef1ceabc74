import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { type Converted, convert } from "../../index.js";
import { verifyParity } from "../../verify/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

type DataType = "float32" | "int32";
type Make = (config: never) => object;

/**
 * A model of the layer alone, as Keras saves it. TensorFlow.js cannot run these layers within a model of its own: they
 * write their output's shape over their input's, or take a list of tensors for a tensor. By themselves they work.
 */
function convertLayer(layer: tf.layers.Layer, shape: (number | null)[], dtype: DataType): Promise<Converted> {
  const input = { batch_input_shape: [null, ...shape], dtype };
  const layers = [
    { class_name: "InputLayer", name: "input", config: input, inbound_nodes: [] },
    { class_name: layer.getClassName(), name: "layer", config: layer.getConfig(), inbound_nodes: [[["input", 0, 0]]] },
  ];
  const config = { name: "alone", layers, input_layers: [["input", 0, 0]], output_layers: [["layer", 0, 0]] };
  return convert({ modelTopology: { class_name: "Functional", config } });
}

/** Converts the layer in every combination of options, and compares it with the layer applied to a tensor. */
async function assertLikeLayer<T extends Record<string, readonly unknown[]>>(
  make: Make,
  options: T,
  shape: number[],
  more: { declared?: (number | null)[]; below?: number; dtypes?: DataType[] } = {},
): Promise<void> {
  for (const dtype of more.dtypes ?? (["float32", "int32"] as const)) {
    for (const option of combinations(options)) {
      const layer = make(option as never) as tf.layers.Layer;
      const x = noiseTensor([2, ...shape], 5, { dtype, below: more.below ?? 200 });
      const { graph } = await convertLayer(layer, more.declared ?? shape, dtype);
      const alone = { inputNames: ["input"], predict: () => layer.apply(x) } as unknown as tf.LayersModel;
      for (const row of await verifyParity(alone, graph, { input: x })) {
        assert.ok(
          row.ok,
          `${layer.getClassName()} ${JSON.stringify(option)} ${dtype}: ${row.maxAbsolute} [${row.shape}]`,
        );
        assert.deepEqual(graph.outputs[0]!.shape, ["N", ...row.shape.slice(1)]);
      }
    }
  }
}

test("CenterCrop of images that are larger, smaller, and as large", async () => {
  const extents = [1, 2, 3, 4, 5, 6, 7, 8, 11];
  await assertLikeLayer(tf.layers.centerCrop, { height: extents, width: extents }, [7, 6, 2], { dtypes: ["float32"] });
  const within = { height: [1, 2, 3, 4, 5, 6, 7], width: [1, 2, 3, 4, 5, 6] };
  await assertLikeLayer(tf.layers.centerCrop, within, [7, 6, 2], { dtypes: ["int32"] });
  const enlarged = tf.layers.centerCrop({ height: 9, width: 9 }) as tf.layers.Layer;
  await assert.rejects(convertLayer(enlarged, [7, 6, 2], "int32"), { code: "CONVERT_UNSUPPORTED", message: /whole/ });
});

test("Resizing up, down and to one pixel, by both methods, of images of fixed and of any size", async () => {
  const options = {
    height: [1, 3, 7, 10],
    width: [1, 4, 6, 13],
    interpolation: ["bilinear", "nearest"] as const,
    cropToAspectRatio: [false, true],
  };
  await assertLikeLayer(tf.layers.resizing, options, [7, 6, 2]);
  const few = { ...options, height: [3, 10], width: [4, 13] };
  await assertLikeLayer(tf.layers.resizing, few, [7, 6, 2], { declared: [null, null, 2] });
});

test("RandomWidth is refused where it is random, in use too", async () => {
  const interpolation = ["bilinear", "nearest"] as const;
  for (const factor of [0.25, [-0.2, 0.3]]) {
    const layer = tf.layers.randomWidth({ factor: factor as number, seed: 3 }) as tf.layers.Layer;
    const message = /RandomWidth.*draws a random width in use too/;
    await assert.rejects(convertLayer(layer, [4, 6, 3], "float32"), { code: "CONVERT_UNSUPPORTED", message });
  }
  const factor = [-0.4, 0, 0.3, 1.1].map((share): [number, number] => [share, share]);
  await assertLikeLayer(tf.layers.randomWidth, { factor, interpolation, seed: [3] }, [4, 6, 3]);
});

test("CategoryEncoding", async () => {
  const outputMode = ["multiHot", "count", "int", undefined];
  const layer = tf.layers.categoryEncoding;
  await assertLikeLayer(layer, { outputMode, numTokens: [6, 9] }, [5], { below: 6, dtypes: ["int32"] });
  await assertLikeLayer(layer, { outputMode: ["oneHot", ...outputMode], numTokens: [6] }, [1], {
    below: 6,
    dtypes: ["int32"],
  });
  for (const mode of ["tfIdf", "oneHot"]) {
    const refused = layer({ numTokens: 4, outputMode: mode } as never) as tf.layers.Layer;
    const message = /CategoryEncoding/;
    await assert.rejects(convertLayer(refused, [3], "float32"), { code: "CONVERT_UNSUPPORTED", message });
    assert.throws(() => refused.apply(tf.ones([2, 3])), "TensorFlow.js cannot either");
  }
});
