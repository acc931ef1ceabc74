import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertLayer } from "../../../test/conversion.js";

before(async () => {
  await tf.setBackend("cpu");
});

test("Flatten, Reshape, Permute, RepeatVector", async () => {
  for (const shape of [
    [3, 4],
    [2, 3, 4],
  ]) {
    await assertLayer([shape], { dataFormat: [undefined, "channelsFirst", "channelsLast"] as const }, (option) =>
      tf.layers.flatten(option),
    );
  }
  await assertLayer([[3, 4]], { targetShape: [[12], [4, 3], [2, 2, 3], [-1, 6], [2, -1], [1, 12], [3, 4]] }, (option) =>
    tf.layers.reshape({ targetShape: [...option.targetShape] }),
  );
  await assertLayer(
    [[2, 3, 4]],
    {
      dims: [
        [1, 2, 3],
        [3, 1, 2],
        [2, 1, 3],
        [3, 2, 1],
      ],
    },
    (option) => tf.layers.permute({ dims: [...option.dims] }),
  );
  await assertLayer([[4]], { n: [1, 3] }, (option) => tf.layers.repeatVector(option));
});

test("padding, cropping and upsampling of images", async () => {
  for (const [size, dataFormat] of [
    [[6, 5, 2], "channelsLast"],
    [[2, 6, 5], "channelsFirst"],
  ] as const) {
    await assertLayer(
      [[...size]],
      {
        padding: [
          undefined,
          2,
          [1, 0],
          [
            [0, 1],
            [2, 0],
          ],
        ],
      },
      (option) => tf.layers.zeroPadding2d({ padding: structuredClone(option.padding) as number, dataFormat }),
    );
    await assertLayer(
      [[...size]],
      {
        cropping: [
          1,
          [2, 0],
          [
            [1, 0],
            [0, 2],
          ],
        ],
      },
      (option) => tf.layers.cropping2D({ cropping: structuredClone(option.cropping) as never, dataFormat }),
    );
    await assertLayer(
      [[...size]],
      {
        size: [undefined, [2, 3], [3, 3]] as (undefined | [number, number])[],
        interpolation: ["nearest", "bilinear"] as const,
      },
      (option) => tf.layers.upSampling2d({ ...option, size: option.size as number[], dataFormat }),
    );
  }
});
