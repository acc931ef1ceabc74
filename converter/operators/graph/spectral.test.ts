import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { assertGraph, graphArtifacts, type TestNode } from "../../../test/graph-model.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const PARTS: TestNode[] = [
  { name: "same", op: "Identity", input: ["y"] },
  { name: "real", op: "Real", input: ["same"] },
  { name: "imaginary", op: "Imag", input: ["y"] },
  { name: "size", op: "ComplexAbs", input: ["y"] },
];
const OUTPUTS = PARTS.slice(1).map(({ name }) => name);

const SHAPES = [[1], [2], [8], [7], [2, 1], [3, 2], [2, 16], [2, 15], [2, 3, 12], [1, 2, 3, 5]];

test("FFT, IFFT of complex numbers and their parts", async () => {
  for (const { op, shape, free, opset } of combinations({
    op: ["FFT", "IFFT"],
    shape: SHAPES,
    free: [false, true],
    opset: [17, 20],
  })) {
    const extents = shape.map((extent) => (free ? -1 : extent));
    const graph = {
      inputs: {
        a: { shape: extents, dtype: "float32" as const },
        b: { shape: extents, dtype: "float32" as const },
      },
      nodes: [{ name: "x", op: "Complex", input: ["a", "b"] }, { name: "y", op, input: ["x"] }, ...PARTS],
      outputs: OUTPUTS,
    };
    await assertGraph(graph, { a: noiseTensor(shape), b: noiseTensor(shape, 2) }, { opset });
  }
});

test("RFFT, and IRFFT of what it gives", async () => {
  for (const { shape, free } of combinations({ shape: SHAPES, free: [false, true] })) {
    // Of two reals the spectrum is real: a rounding error has no peak there to be compared with.
    const outputs = shape.at(-1)! > 2 ? OUTPUTS : OUTPUTS.filter((name) => name !== "imaginary");
    const graph = {
      inputs: { x: { shape: shape.map((extent) => (free ? -1 : extent)), dtype: "float32" as const } },
      constants: { length: tf.tensor1d([4], "int32") },
      nodes: [{ name: "y", op: "RFFT", input: ["x", "length"] }, ...PARTS],
      outputs,
    };
    await assertGraph(graph, { x: noiseTensor(shape) });
    if (free) continue;
    const inverse = { name: "back", op: "IRFFT", input: ["y", "length"] };
    await assertGraph({ ...graph, nodes: [...graph.nodes, inverse], outputs: ["back"] }, { x: noiseTensor(shape) });
  }
});

test("the spectrum's magnitude is a DFT and a norm", () => {
  const graph = {
    inputs: { x: { shape: [-1, 512], dtype: "float32" as const } },
    nodes: [{ name: "y", op: "RFFT", input: ["x"] }, ...PARTS],
    outputs: ["size"],
  };
  const { graph: read } = readGraphModel(graphArtifacts(graph), { opset: 17 });
  assert.deepEqual(
    optimize(read).nodes.map((node) => node.op),
    ["Unsqueeze", "DFT", "ReduceL2"],
  );
});

test("complex numbers are refused where they are not understood", () => {
  const graph = (outputs: string[]) =>
    graphArtifacts({
      inputs: { x: { shape: [-1, 8], dtype: "float32" as const } },
      nodes: [
        { name: "y", op: "RFFT", input: ["x"] },
        { name: "sum", op: "Add", input: ["y", "y"] },
      ],
      outputs,
    });
  const code = "CONVERT_UNSUPPORTED";
  assert.throws(() => readGraphModel(graph(["sum"]), { opset: 17 }), { code, message: /"sum".*complex/ });
  assert.throws(() => readGraphModel(graph(["y"]), { opset: 17 }), { code, message: /"y" is complex/ });
});
