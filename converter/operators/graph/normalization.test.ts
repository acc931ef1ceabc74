import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { assertOperator, attr, graphArtifacts } from "../../../test/graph-model.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const parameters = (channels: number) => [
  { value: noiseTensor([channels], 2) },
  { value: noiseTensor([channels], 3) },
  { value: noiseTensor([channels], 4) },
  { value: tf.abs(noiseTensor([channels], 5)) },
];

for (const op of ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]) {
  test(`${op} along the last axis, whatever the data format`, async () => {
    for (const shape of [[2, 4, 5, 3], [2, 4, 3], [2, 3], [3], [2, 3, 2, 2, 3], [0, 4, 5, 3]]) {
      for (const { free, epsilon, format } of combinations({
        free: [false, true],
        epsilon: [undefined, 0.01],
        format: ["NHWC", "NCHW"],
      })) {
        const attributes = {
          ...(epsilon ? { epsilon: attr.float(epsilon) } : {}),
          data_format: attr.string(format),
        };
        const inputs = [{ value: noiseTensor(shape), fed: true, free }, ...parameters(3)];
        await assertOperator({ op, inputs, attributes });
        const fed = inputs.map((input) => ({ ...input, fed: true }));
        await assertOperator({ op, inputs: fed, attributes });
      }
    }
  });
}

test("FusedBatchNorm behind a convolution goes into its weights", () => {
  const [scale, offset, mean, variance] = parameters(4).map(({ value }) => value);
  const read = (meanShape: number[]) =>
    readGraphModel(
      graphArtifacts({
        inputs: { x: { shape: [-1, 7, 8, 3], dtype: "float32" } },
        constants: {
          f: noiseTensor([3, 3, 3, 4]),
          scale: scale!,
          offset: offset!,
          mean: tf.slice(mean!, [0], meanShape),
          variance: variance!,
        },
        nodes: [
          {
            name: "conv",
            op: "Conv2D",
            input: ["x", "f"],
            attr: {
              strides: attr.ints([1, 1, 1, 1]),
              padding: attr.string("SAME"),
              dilations: attr.ints([1, 1, 1, 1]),
            },
          },
          { name: "norm", op: "FusedBatchNormV3", input: ["conv", "scale", "offset", "mean", "variance"] },
          { name: "y", op: "Relu6", input: ["norm"] },
        ],
        outputs: ["norm"],
      }),
      { opset: 17 },
    ).graph;
  assert.deepEqual(
    optimize(read([4])).nodes.map((node) => node.op),
    ["Transpose", "Conv", "Transpose"],
  );
  assert.throws(() => read([0]), { code: "CONVERT_UNSUPPORTED", message: /shape \[0\]/ });
});

test("LRN", async () => {
  for (const { radius, bias, alpha, beta } of combinations({
    radius: [undefined, 0, 1, 3],
    bias: [undefined, 2],
    alpha: [undefined, 0.3],
    beta: [undefined, 0.75],
  })) {
    const attributes = {
      ...(radius === undefined ? {} : { depth_radius: attr.int(radius) }),
      ...(bias ? { bias: attr.float(bias) } : {}),
      ...(alpha ? { alpha: attr.float(alpha) } : {}),
      ...(beta ? { beta: attr.float(beta) } : {}),
    };
    for (const shape of [
      [2, 3, 4, 5],
      [3, 4, 5],
    ]) {
      await assertOperator({ op: "LRN", inputs: [{ value: noiseTensor(shape), fed: true, free: true }], attributes });
    }
  }
});

test("Softmax, LogSoftmax", async () => {
  for (const shape of [[5], [2, 3], [2, 3, 4], [1, 2, 3, 4], [0, 3]]) {
    for (const free of [false, true]) {
      for (const op of ["Softmax", "LogSoftmax"]) {
        await assertOperator({ op, inputs: [{ value: tf.mul(noiseTensor(shape), 20), fed: true, free }] });
      }
      const whole = noiseTensor(shape, 1, { dtype: "int32" });
      await assertOperator({ op: "LogSoftmax", inputs: [{ value: whole, fed: true, free }] });
    }
  }
});

test("EuclideanNorm along one axis or two", async () => {
  for (const { shape, axes, keep } of combinations({
    shape: [[4], [2, 3], [2, 3, 4]],
    axes: [[0], [-1], [1], [0, 1], [-1, 0]],
    keep: [undefined, false, true],
  })) {
    const places = new Set(axes.map((axis) => (axis + shape.length) % shape.length));
    if (axes.some((axis) => axis >= shape.length) || places.size < axes.length) continue;
    const attributes = keep === undefined ? {} : { keep_dims: attr.bool(keep) };
    const x = { value: noiseTensor(shape), fed: true };
    const along = { value: tf.tensor1d(axes, "int32") };
    await assertOperator({ op: "EuclideanNorm", inputs: [x, along], attributes });
    await assertOperator({ op: "EuclideanNorm", inputs: [{ ...x, free: true }, along], attributes });
  }
  const axis = { value: tf.scalar(1, "int32") };
  await assertOperator({ op: "EuclideanNorm", inputs: [{ value: noiseTensor([2, 3]), fed: true }, axis] });
  for (const dtype of ["float32", "int32"] as const) {
    await assertOperator({ op: "EuclideanNorm", inputs: [{ value: tf.scalar(-3, dtype), fed: true }, axis] });
  }
});
