import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { assertGraph, assertOperator, attr, graphArtifacts } from "../../../test/graph-model.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const EXPLICIT = attr.ints([0, 0, 1, 2, 0, 1, 0, 0]);

/** Paddings, strides and dilations; TensorFlow.js takes no strides together with dilations. */
const WINDOWS = combinations({
  kernel: [
    [1, 1],
    [2, 3],
    [3, 3],
  ],
  stride: [
    [1, 1],
    [2, 2],
    [1, 3],
  ],
  dilation: [
    [1, 1],
    [2, 1],
  ],
  padding: ["SAME", "VALID", "EXPLICIT"],
}).filter(({ stride, dilation }) => String(stride) === "1,1" || String(dilation) === "1,1");

type Window = (typeof WINDOWS)[number];

const attributesOf = ({ stride, dilation, padding }: Window) => ({
  strides: attr.ints([1, ...stride, 1]),
  dilations: attr.ints([1, ...dilation, 1]),
  padding: attr.string(padding),
  ...(padding === "EXPLICIT" ? { explicit_paddings: EXPLICIT } : {}),
});

const image = noiseTensor([2, 7, 8, 3], 3);

for (const [op, outward] of [
  ["Conv2D", 4],
  ["DepthwiseConv2dNative", 2],
  ["DepthwiseConv2d", 1],
] as const) {
  test(`${op}: windows, strides, dilations and padding on images of known and free extents`, async () => {
    for (const window of WINDOWS) {
      const filter = noiseTensor([...window.kernel, 3, outward], 5);
      for (const free of [false, true]) {
        const inputs = [{ value: image, fed: true, free }, { value: filter }];
        await assertOperator({ op, inputs, attributes: attributesOf(window) });
      }
    }
  });

  test(`${op}: a filter that is computed, one image without a batch, no image at all`, async () => {
    const attributes = attributesOf(WINDOWS[0]!);
    const filter = noiseTensor([3, 2, 3, outward], 5);
    await assertOperator({ op, inputs: [{ value: image }, { value: filter, fed: true }], attributes });
    const single = noiseTensor([7, 8, 3], 3);
    await assertOperator({ op, inputs: [{ value: single, fed: true }, { value: filter }], attributes });
    await assertOperator({
      op,
      inputs: [{ value: tf.zeros([0, 7, 8, 3]), free: true }, { value: filter }],
      attributes,
    });
  });
}

test("Conv2D in NCHW; the first two strides count, as in TensorFlow.js", async () => {
  const filter = noiseTensor([2, 3, 3, 4], 5);
  const planes = noiseTensor([2, 3, 7, 8], 3);
  for (const padding of ["SAME", "VALID", "EXPLICIT"]) {
    for (const strides of [
      [1, 1, 1, 1],
      [1, 1, 2, 2],
    ]) {
      const attributes = {
        strides: attr.ints(strides),
        dilations: attr.ints([1, 1, 1, 1]),
        padding: attr.string(padding),
        data_format: attr.string("NCHW"),
        explicit_paddings: attr.ints([0, 0, 0, 0, 1, 2, 0, 1]),
      };
      await assertOperator({ op: "Conv2D", inputs: [{ value: planes, fed: true }, { value: filter }], attributes });
    }
  }
});

const BIASES = { vector: [4], scalar: [], one: [1], rows: [1, 1, 4], whole: [7, 8, 4] };

test("_FusedConv2D: bias of every shape, every activation, slopes", async () => {
  const filter = { value: noiseTensor([3, 3, 3, 4], 5) };
  for (const { activation, bias } of combinations({
    activation: [undefined, "Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu", "Prelu"],
    bias: [...Object.values(BIASES), undefined],
  })) {
    const attributes = {
      ...attributesOf({ kernel: [3, 3], stride: [1, 1], dilation: [1, 1], padding: "SAME" }),
      fused_ops: attr.strings([bias ? "BiasAdd" : "NoOp", ...(activation ? [activation] : [])]),
      num_args: attr.int((bias ? 1 : 0) + (activation === "Prelu" ? 1 : 0)),
      leakyrelu_alpha: attr.float(0.3),
    };
    const biases = bias ? [{ value: noiseTensor(bias, 8) }] : [];
    const slopes = activation === "Prelu" ? [[4], [], [7, 8, 4]] : [undefined];
    for (const slope of slopes) {
      const inputs = [{ value: image, fed: true }, filter, ...biases];
      if (slope) inputs.push({ value: noiseTensor(slope, 9) });
      await assertOperator({ op: "_FusedConv2D", inputs, attributes });
    }
  }
});

test("_FusedConv2D in NCHW", async () => {
  const planes = noiseTensor([2, 3, 7, 8], 3);
  for (const { activation, bias } of combinations({ activation: ["Relu", "Prelu"], bias: [[4], [1], []] })) {
    const attributes = {
      ...attributesOf({ kernel: [3, 3], stride: [1, 1], dilation: [1, 1], padding: "SAME" }),
      data_format: attr.string("NCHW"),
      fused_ops: attr.strings(["BiasAdd", activation]),
      num_args: attr.int(activation === "Prelu" ? 2 : 1),
    };
    const inputs = [{ value: planes, fed: true }, { value: noiseTensor([3, 3, 3, 4]) }, { value: noiseTensor(bias) }];
    if (activation === "Prelu") inputs.push({ value: noiseTensor([4], 9) });
    await assertOperator({ op: "_FusedConv2D", inputs, attributes });
  }
});

test("a fused activation without BiasAdd before it is none, as in TensorFlow.js", async () => {
  const attributes = { ...attributesOf(WINDOWS[0]!), fused_ops: attr.strings(["Relu"]), num_args: attr.int(0) };
  const inputs = [{ value: image, fed: true }, { value: noiseTensor([1, 1, 3, 4]) }];
  await assertOperator({ op: "_FusedConv2D", inputs, attributes });
});

test("FusedDepthwiseConv2dNative", async () => {
  for (const { activation, bias, multiplier } of combinations({
    activation: ["Relu", "Relu6", "Elu", "Sigmoid", "Prelu"],
    bias: [true, false],
    multiplier: [1, 2],
  })) {
    const attributes = {
      ...attributesOf({ kernel: [3, 3], stride: [2, 2], dilation: [1, 1], padding: "SAME" }),
      fused_ops: attr.strings([bias ? "BiasAdd" : "NoOp", activation]),
      num_args: attr.int((bias ? 1 : 0) + (activation === "Prelu" ? 1 : 0)),
    };
    const inputs = [{ value: image, fed: true }, { value: noiseTensor([3, 3, 3, multiplier], 5) }];
    if (bias) inputs.push({ value: noiseTensor([3 * multiplier], 8) });
    if (activation === "Prelu") inputs.push({ value: noiseTensor([3 * multiplier], 9) });
    await assertOperator({ op: "FusedDepthwiseConv2dNative", inputs, attributes });
  }
});

test("Conv1D", async () => {
  const options = {
    kernel: [1, 2, 3],
    stride: [1, 2],
    dilation: [1, 2],
    padding: ["SAME", "VALID"],
    free: [true, false],
  };
  for (const { kernel, stride, dilation, padding, free } of combinations(options)) {
    if (stride > 1 && dilation > 1) continue;
    const attributes = { stride: attr.int(stride), dilation: attr.int(dilation), padding: attr.string(padding) };
    const filter = { value: noiseTensor([kernel, 3, 4], 5) };
    const inputs = [{ value: noiseTensor([2, 9, 3]), fed: true, free }, filter];
    await assertOperator({ op: "Conv1D", inputs, attributes });
    await assertOperator({
      op: "Conv1D",
      inputs: [{ value: noiseTensor([9, 3]), fed: true, free }, filter],
      attributes,
    });
  }
});

test("Conv3D, also where strides leap over planes", async () => {
  const options = { kernel: [1, 2, 3], stride: [1, 2, 3], dilation: [1, 2], padding: ["SAME", "VALID"] };
  for (const { kernel, stride, dilation, padding } of combinations(options)) {
    if (stride > 1 && dilation > 1) continue;
    const attributes = {
      strides: attr.ints([1, stride, stride, 1, 1]),
      dilations: attr.ints([1, dilation, 1, dilation, 1]),
      padding: attr.string(padding),
      data_format: attr.string("NDHWC"),
    };
    // TensorFlow.js takes strides together with dilations in neither axis.
    const filter = { value: noiseTensor([kernel, kernel, 2, 3, 4], 5) };
    const inputs = [{ value: noiseTensor([2, 5, 6, 5, 3]), fed: true, free: false }, filter];
    await assertOperator({ op: "Conv3D", inputs, attributes });
    if (kernel >= stride) {
      const free = [{ ...inputs[0]!, free: true }, filter];
      await assertOperator({ op: "Conv3D", inputs: free, attributes });
    }
  }
  const attributes = {
    strides: attr.ints([1, 1, 1, 1, 1]),
    padding: attr.string("SAME"),
    dilations: attr.ints([1, 1, 1, 1, 1]),
    data_format: attr.string("NDHWC"),
  };
  const inputs = [{ value: noiseTensor([5, 6, 5, 3]), fed: true }, { value: noiseTensor([2, 2, 2, 3, 4], 5) }];
  await assertOperator({ op: "Conv3D", inputs, attributes });
});

test("Conv2DBackpropInput: every shape that a convolution may have had", async () => {
  const options = {
    kernel: [1, 2, 3, 5],
    stride: [1, 2, 3],
    padding: ["SAME", "VALID", "EXPLICIT"],
    extent: [7, 8, 9],
  };
  for (const { kernel, stride, padding, extent } of combinations(options)) {
    const rows = { SAME: Math.ceil(extent / stride), VALID: Math.ceil((extent - kernel + 1) / stride) }[padding];
    const out = rows ?? Math.floor((extent - kernel + 3) / stride) + 1;
    const columns = { SAME: Math.ceil(6 / stride), VALID: Math.ceil((6 - kernel + 1) / stride) }[padding];
    const across = columns ?? Math.floor((6 - kernel + 1) / stride) + 1;
    const attributes = attributesOf({ kernel: [], stride: [stride, stride], dilation: [1, 1], padding });
    const shape = tf.tensor1d([2, extent, 6, 3], "int32");
    const filter = { value: noiseTensor([kernel, kernel, 3, 4], 5) };
    const dy = { value: noiseTensor([2, out, across, 4]), fed: true };
    // With the shape as a constant, as an input that is known when it runs, and on a gradient of free extents.
    await assertOperator({ op: "Conv2DBackpropInput", inputs: [{ value: shape }, filter, dy], attributes });
    await assertOperator({ op: "Conv2DBackpropInput", inputs: [{ value: shape, fed: true }, filter, dy], attributes });
    const free = { ...dy, free: true };
    await assertOperator({ op: "Conv2DBackpropInput", inputs: [{ value: shape }, filter, free], attributes });
  }
});

test("Conv2DBackpropInput whose shape is computed from the image's needs no cutting", async () => {
  const graph = {
    inputs: { x: { shape: [-1, -1, -1, 3], dtype: "float32" as const } },
    constants: {
      filter: noiseTensor([3, 3, 2, 3]),
      factors: tf.tensor1d([1, 2, 2, 1], "int32"),
      less: tf.tensor1d([0, 0, 0, 1], "int32"),
    },
    nodes: [
      { name: "shape", op: "Shape", input: ["x"] },
      { name: "scaled", op: "Mul", input: ["shape", "factors"] },
      { name: "wanted", op: "Sub", input: ["scaled", "less"] },
      {
        name: "y",
        op: "Conv2DBackpropInput",
        input: ["wanted", "filter", "x"],
        attr: { strides: attr.ints([1, 2, 2, 1]), padding: attr.string("SAME") },
      },
    ],
    outputs: ["y"],
  };
  await assertGraph(graph, { x: noiseTensor([2, 4, 5, 3]) });
  const { graph: read } = readGraphModel(graphArtifacts(graph), { opset: 17 });
  assert.deepEqual(
    optimize(read).nodes.map((node) => node.op),
    ["Transpose", "ConvTranspose", "Transpose"],
  );
});

test("between two convolutions nothing remains of NHWC; bias and activation stay with them", async () => {
  const fused = { ...attributesOf(WINDOWS[0]!), fused_ops: attr.strings(["BiasAdd", "Relu"]), num_args: attr.int(1) };
  const graph = {
    inputs: { x: { shape: [-1, 7, 8, 3], dtype: "float32" as const } },
    constants: {
      f: noiseTensor([3, 3, 3, 4]),
      g: noiseTensor([3, 3, 4, 1]),
      bias: noiseTensor([4]),
      other: noiseTensor([4], 2),
    },
    nodes: [
      { name: "a", op: "_FusedConv2D", input: ["x", "f", "bias"], attr: fused },
      { name: "b", op: "DepthwiseConv2dNative", input: ["a", "g"], attr: attributesOf(WINDOWS[0]!) },
      { name: "c", op: "BiasAdd", input: ["b", "other"] },
    ],
    outputs: ["c"],
  };
  await assertGraph(graph, { x: image });
  const { graph: read } = readGraphModel(graphArtifacts(graph), { opset: 17 });
  assert.deepEqual(
    optimize(read).nodes.map((node) => node.op),
    ["Transpose", "Conv", "Relu", "Conv", "Transpose"],
  );
});

test("what TensorFlow.js does not compute is refused", () => {
  const read =
    (op: string, more: Record<string, unknown>, dtype: "float32" | "int32" = "float32") =>
    () =>
      readGraphModel(
        graphArtifacts({
          inputs: { x: { shape: [2, 7, 8, 3], dtype } },
          constants: { f: noiseTensor([3, 3, 3, 4]), bias: noiseTensor([4]) },
          nodes: [{ name: "y", op, input: ["x", "f", "bias"], attr: { ...attributesOf(WINDOWS[0]!), ...more } }],
          outputs: ["y"],
        }),
        { opset: 17 },
      );
  const code = "CONVERT_UNSUPPORTED";
  assert.throws(read("Conv2D", {}, "int32"), { code, message: /float32 alone/ });
  assert.throws(read("DepthwiseConv2dNative", { data_format: attr.string("NCHW") }), { code, message: /NCHW/ });
  for (const name of ["FusedBatchNorm", "Tanh"]) {
    const fused = name === "Tanh" ? ["BiasAdd", name] : [name];
    assert.throws(read("_FusedConv2D", { fused_ops: attr.strings(fused) }), { code, message: new RegExp(name, "i") });
  }
  const leaky = { fused_ops: attr.strings(["BiasAdd", "LeakyRelu"]) };
  assert.throws(read("FusedDepthwiseConv2dNative", leaky), { code, message: /LeakyRelu/ });
});
