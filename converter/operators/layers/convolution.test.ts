import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertLayer } from "../../../test/conversion.js";

before(async () => {
  await tf.setBackend("cpu");
});

type Pair = [number, number];
const sliding = {
  kernelSize: [
    [1, 1],
    [3, 3],
    [2, 3],
  ] as Pair[],
  padding: ["same", "valid"] as const,
  useBias: [true, false],
};
const dilated = { ...sliding, strides: [1, 2], dilationRate: [1, 2] };
/** tfjs computes no convolution that both strides and dilates. */
const possible = (option: { strides: number; dilationRate: number }) =>
  option.strides === 1 || option.dilationRate === 1;

for (const [size, dataFormat] of [
  [[6, 5, 2], "channelsLast"],
  [[2, 5, 6], "channelsFirst"],
] as const) {
  test(`Conv2D, ${dataFormat}`, async () => {
    await assertLayer([[...size]], dilated, (option) =>
      possible(option) ? tf.layers.conv2d({ ...option, filters: 3, dataFormat }) : undefined,
    );
    await assertLayer(
      [[...size]],
      {
        ...sliding,
        strides: [
          [2, 1],
          [1, 3],
        ] as Pair[],
      },
      (option) => tf.layers.conv2d({ ...option, filters: 3, dataFormat, activation: "relu" }),
    );
  });

  test(`DepthwiseConv2D, ${dataFormat}`, async () => {
    await assertLayer([[...size]], { ...dilated, depthMultiplier: [1, 2] }, (option) =>
      possible(option) ? tf.layers.depthwiseConv2d({ ...option, dataFormat, activation: "relu6" }) : undefined,
    );
  });

  test(`SeparableConv2D, ${dataFormat}`, async () => {
    await assertLayer([[...size]], { ...dilated, depthMultiplier: [1, 2] }, (option) =>
      // tfjs adds the bias to another axis in channelsFirst.
      possible(option) && (dataFormat === "channelsLast" || !option.useBias)
        ? tf.layers.separableConv2d({ ...option, filters: 3, dataFormat })
        : undefined,
    );
  });
}
