import assert from "node:assert/strict";
import { test } from "node:test";
import { ShowtellError } from "../../errors/index.js";
import { float, floats } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { allocate } from "../graph/tensor.js";
import type { DType, Graph } from "../graph/types.js";
import { readOnnx } from "../read/onnx.js";
import { writeOnnx } from "./onnx.js";

const DTYPES: Exclude<DType, "string">[] = [
  "float32",
  "float16",
  "bfloat16",
  "float64",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "bool",
];

function everything(): Graph {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 2]);
  const y = b.within("layer", () => b.add("Add", [x, x]), "Layer");
  const graph = b.finish("everything", [{ name: "y", value: y }], { doc: "A graph.", metadata: { key: "value" } });
  for (const dtype of DTYPES) {
    const data = allocate(dtype, 2);
    new Uint8Array(data.buffer).fill(1);
    graph.initializers.set(dtype, { dtype, shape: [2], data });
  }
  graph.initializers.set("string", { dtype: "string", shape: [1, 2], data: ["a", "ß"] });
  graph.initializers.set("empty", { dtype: "float32", shape: [0, 3], data: new Float32Array() });
  for (const [name, { dtype, shape }] of graph.initializers) graph.types.set(name, { dtype, shape });
  graph.nodes.push({
    name: "odd",
    op: "Own",
    domain: "org.example",
    inputs: ["x", "", "string"],
    outputs: ["z"],
    attributes: {
      int: { type: "int", value: -3 },
      large: { type: "int", value: 2n ** 62n },
      float: float(0.5),
      string: { type: "string", value: "text" },
      ints: { type: "ints", value: [1, -2] },
      floats: floats([0.5, -0.25]),
      strings: { type: "strings", value: ["a", "b"] },
      tensor: { type: "tensor", value: { dtype: "int64", shape: [1], data: BigInt64Array.of(7n) } },
    },
    doc: undefined,
  });
  graph.domains["org.example"] = 2;
  graph.kept.add("z");
  return graph;
}

test("what is written is read again", () => {
  const graph = everything();
  const again = readOnnx(writeOnnx(graph));
  assert.deepEqual(again, graph);
});

test("bytes that are no ONNX file, or a damaged one, give one clear error", () => {
  const bytes = writeOnnx(everything());
  const attempt = (damaged: Uint8Array) => {
    try {
      readOnnx(damaged);
    } catch (error) {
      assert.ok(error instanceof ShowtellError, String((error as Error).stack));
      assert.match(error.code, /^CONVERT_/);
    }
  };
  assert.throws(() => readOnnx(new TextEncoder().encode("{}")), { code: "CONVERT_INVALID_MODEL" });
  assert.throws(() => readOnnx(new Uint8Array()), { code: "CONVERT_INVALID_MODEL" });
  for (let at = 0; at < bytes.length; at++) {
    attempt(bytes.slice(0, at));
    for (const value of [0, 1, 4, 8, 0x7f, 0x80, 0xb5, 0xff, bytes[at] ^ 1, bytes[at] ^ 8]) {
      const damaged = bytes.slice();
      damaged[at] = value;
      attempt(damaged);
    }
  }
});
