import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertLayer } from "../../../test/conversion.js";

before(async () => {
  await tf.setBackend("cpu");
});

const pools = {
  poolSize: [2, 3, [2, 3]] as (number | [number, number])[],
  strides: [undefined, 1, 2, [2, 1]] as (undefined | number | [number, number])[],
  padding: ["same", "valid"] as const,
};

for (const [size, dataFormat] of [
  [[7, 6, 2], "channelsLast"],
  [[2, 6, 7], "channelsFirst"],
] as const) {
  test(`MaxPooling2D and AveragePooling2D, ${dataFormat}`, async () => {
    await assertLayer([[...size]], pools, (option) =>
      tf.layers.maxPooling2d({ ...option, strides: option.strides as number, dataFormat }),
    );
    await assertLayer([[...size]], pools, (option) =>
      tf.layers.averagePooling2d({ ...option, strides: option.strides as number, dataFormat }),
    );
  });
  test(`global pooling, ${dataFormat}`, async () => {
    await assertLayer([[...size]], {}, () => tf.layers.globalAveragePooling2d({ dataFormat }));
    await assertLayer([[...size]], {}, () => tf.layers.globalMaxPooling2d({ dataFormat }));
  });
}

test("global pooling over a sequence", async () => {
  await assertLayer([[5, 3]], {}, () => tf.layers.globalAveragePooling1d({}));
  await assertLayer([[5, 3]], {}, () => tf.layers.globalMaxPooling1d({}));
});

test("pooling of sequences and volumes", async () => {
  const options = { poolSize: [2, 3], strides: [undefined, 1, 2], padding: ["same", "valid"] as const };
  await assertLayer([[7, 2]], options, (option) => tf.layers.maxPooling1d(option));
  await assertLayer([[7, 2]], options, (option) => tf.layers.averagePooling1d(option));
  const few = { poolSize: [2], strides: [1, 2], padding: ["same", "valid"] as const };
  for (const [size, dataFormat] of [
    [[5, 4, 3, 2], "channelsLast"],
    [[2, 5, 4, 3], "channelsFirst"],
  ] as const) {
    await assertLayer([[...size]], few, (option) => tf.layers.maxPooling3d({ ...option, dataFormat } as never));
    await assertLayer([[...size]], few, (option) => tf.layers.averagePooling3d({ ...option, dataFormat } as never));
    // Windows that leap over planes.
    const wide = { poolSize: [1, 2], strides: [3, 4, [2, 1, 3], [5, 3, 2]], padding: few.padding };
    await assertLayer([[...size]], wide, (option) => tf.layers.maxPooling3d({ ...option, dataFormat } as never));
    await assertLayer([[...size]], wide, (option) => tf.layers.averagePooling3d({ ...option, dataFormat } as never));
  }
});
