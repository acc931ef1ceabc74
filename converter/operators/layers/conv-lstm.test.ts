import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertConverts, assertLayer, combinations, noiseTensor, stirWeights } from "../../../test/conversion.js";

before(async () => {
  await tf.setBackend("cpu");
});

test("ConvLSTM2D", async () => {
  const options = {
    kernelSize: [2, [3, 2]] as (number | [number, number])[],
    strides: [1, 2],
    padding: ["same", "valid"] as const,
    dilationRate: [1, 2],
    returnSequences: [false, true],
    returnState: [true],
  };
  const possible = (option: { strides: number; dilationRate: number }) =>
    option.strides === 1 || option.dilationRate === 1;
  for (const [size, dataFormat] of [
    [[3, 5, 6, 2], "channelsLast"],
    [[3, 2, 5, 6], "channelsFirst"],
  ] as const) {
    await assertLayer([[...size]], options, (option) =>
      possible(option) ? (tf.layers.convLstm2d({ ...option, filters: 3, dataFormat }) as tf.layers.Layer) : undefined,
    );
  }
  const further = { useBias: [true, false], goBackwards: [false, true], activation: ["relu", undefined] as const };
  await assertLayer(
    [[3, 4, 5, 2]],
    further,
    (option) => tf.layers.convLstm2d({ ...option, filters: 3, kernelSize: 3, padding: "same" }) as tf.layers.Layer,
    { masked: true },
  );
});

test("ConvLSTM2D of images of any size", async () => {
  const options = { strides: [1, 2], padding: ["same", "valid"] as const, returnSequences: [false, true] };
  for (const dataFormat of ["channelsLast", "channelsFirst"] as const) {
    const shaped = (rows: number | null, columns: number | null) =>
      dataFormat === "channelsLast" ? [rows, columns, 2] : [2, rows, columns];
    for (const option of combinations(options)) {
      const x = tf.input({ shape: [3, ...shaped(null, null)] });
      const layer = tf.layers.convLstm2d({ ...option, filters: 3, kernelSize: 2, dataFormat }) as tf.layers.Layer;
      const model = tf.model({ inputs: x, outputs: layer.apply(x) as tf.SymbolicTensor });
      stirWeights(model);
      const { graph } = await assertConverts(model, [noiseTensor([2, 3, ...(shaped(5, 6) as number[])])]);
      assert.equal(graph.outputs[0]!.shape.length, option.returnSequences ? 5 : 4);
    }
  }
});
