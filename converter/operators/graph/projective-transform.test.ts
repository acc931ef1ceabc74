import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { assertOperator, attr, graphArtifacts } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";
import { verifyParity } from "../../verify/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const TRANSFORMS = [
  [1, 0, 0, 0, 1, 0, 0, 0],
  [0.7, 0.3, -1.5, -0.2, 0.8, 1, 0, 0],
  [1.5, 0, -20, 0, 1.2, -17.25, 0, 0],
  [1, 0.1, 0.5, 0.1, 1, 0.5, 0.02, -0.25],
  [-3, 0, 40, 2, 1, 9, 0, 0],
];

const options = {
  fill_mode: ["CONSTANT", "NEAREST", "REFLECT", "WRAP"],
  interpolation: ["NEAREST", "BILINEAR"],
};

test("ImageProjectiveTransformV3: modes, interpolations, places far outside and at infinity", async () => {
  for (const { fill_mode, interpolation } of combinations(options)) {
    const attributes = { fill_mode: attr.string(fill_mode), interpolation: attr.string(interpolation) };
    for (const transform of TRANSFORMS) {
      for (const [free, size] of [
        [false, [5, 4]],
        [true, [7, 9]],
      ] as const) {
        const inputs = [
          { value: noiseTensor([1, 6, 5, 2]), fed: true, free },
          { value: tf.tensor2d([transform]), fed: free },
          { value: tf.tensor1d([...size], "int32"), fed: free },
          { value: tf.scalar(0.25) },
        ];
        await assertOperator({ op: "ImageProjectiveTransformV3", inputs, attributes });
      }
    }
    const inputs = [
      noiseTensor([1, 1, 1, 2]),
      tf.tensor2d([TRANSFORMS[1]!]),
      tf.tensor1d([3, 3], "int32"),
      tf.scalar(0),
    ];
    await assertOperator({
      op: "ImageProjectiveTransformV3",
      inputs: inputs.map((value, i) => ({ value, fed: i === 0 })),
      attributes,
    });
  }
});

test("ImageProjectiveTransformV3 of a batch, of which TensorFlow.js's cpu engine does the first image alone", async () => {
  const images = noiseTensor([3, 6, 5, 2]) as tf.Tensor4D;
  for (const count of [1, 3]) {
    const transforms = tf.tensor2d(TRANSFORMS.slice(1, count + 1));
    const attributes = { fill_mode: attr.string("REFLECT"), interpolation: attr.string("BILINEAR") };
    const { graph } = readGraphModel(
      graphArtifacts({
        inputs: { x: { shape: [-1, 6, 5, 2], dtype: "float32" } },
        constants: { transforms, size: tf.tensor1d([4, 4], "int32"), fill: tf.scalar(0) },
        nodes: [
          { name: "y", op: "ImageProjectiveTransformV3", input: ["x", "transforms", "size", "fill"], attr: attributes },
        ],
        outputs: ["y"],
      }),
      { opset: 17 },
    );
    const single = (i: number) =>
      tf.image.transform(
        images.slice([i], [1]),
        transforms.slice([Math.min(i, count - 1)], [1]),
        "bilinear",
        "reflect",
        0,
        [4, 4],
      );
    const reference = { inputNames: ["x"], predict: () => tf.concat([0, 1, 2].map(single)) };
    const [row] = await verifyParity(reference as unknown as tf.LayersModel, graph, { x: images });
    assert.ok(row!.ok, `off by ${row!.maxAbsolute}`);
  }
});
