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

test("Conv1D and Conv3D", async () => {
  await assertLayer([[7, 2]], { ...dilated, kernelSize: [1, 2, 3] }, (option) =>
    possible(option) ? tf.layers.conv1d({ ...option, filters: 3 }) : undefined,
  );
  for (const [size, dataFormat] of [
    [[4, 5, 3, 2], "channelsLast"],
    [[2, 4, 5, 3], "channelsFirst"],
  ] as const) {
    await assertLayer([[...size]], { padding: sliding.padding, strides: [1, 2] }, (option) =>
      tf.layers.conv3d({ ...option, kernelSize: [2, 3, 2], filters: 3, dataFormat, activation: "relu" }),
    );
    // Windows that leap over planes.
    const wide = { kernelSize: [1, 2, [2, 1, 3]], strides: [3, 4, [4, 3, 1], [2, 5, 3]], padding: sliding.padding };
    await assertLayer([[...size]], wide, (option) => tf.layers.conv3d({ ...option, filters: 3, dataFormat } as never));
  }
});

test("Conv2DTranspose and Conv3DTranspose", async () => {
  for (const dataFormat of ["channelsLast", "channelsFirst"] as const) {
    const transposed = {
      ...sliding,
      strides: [
        [1, 1],
        [2, 2],
        [3, 2],
      ] as Pair[],
    };
    await assertLayer([dataFormat === "channelsLast" ? [4, 3, 2] : [2, 4, 3]], transposed, (option) =>
      tf.layers.conv2dTranspose({ ...option, filters: 3, dataFormat }),
    );
    await assertLayer(
      [dataFormat === "channelsLast" ? [3, 2, 3, 2] : [2, 3, 2, 3]],
      { padding: sliding.padding, strides: [1, 2, 3, 4, [2, 3, 4]] },
      (option) => tf.layers.conv3dTranspose({ ...option, kernelSize: 2, filters: 3, dataFormat } as never),
    );
  }
});
