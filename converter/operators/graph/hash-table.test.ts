import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import {
  assertGraph,
  attr,
  graphArtifacts,
  ints,
  numbered,
  type TestGraph,
  type TestNode,
} from "../../../test/graph-model.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

/** Keys and values of a table, the second key twice. */
const KEYS = {
  int32: ints(7, -3, 7, 20),
  string: tf.tensor1d(["the", "héllo", "the", ""]),
  float32: tf.tensor1d([0.5, -2, 0.5, 8]),
};
const VALUES = {
  int32: ints(1, 2, 3, 4),
  float32: tf.tensor1d([0.25, -1, 1e6, 3]),
  string: tf.tensor1d(["a", "b", "ü", ""]),
};
const OTHERWISE = { int32: tf.scalar(-1, "int32"), float32: tf.scalar(9.5), string: tf.scalar("[UNK]") };
const SOUGHT = {
  int32: [7, 8, -3, 20, 0, 7],
  string: ["", "the", "x", "héllo", "The", "the"],
  float32: [8, 1, -2, 0.5, 0, 3],
};

type Key = keyof typeof KEYS;

function lookup(keys: tf.Tensor, values: tf.Tensor, otherwise: tf.Tensor, shape: number[], version: string): TestGraph {
  const attributes = { key_dtype: attr.dtype(keys.dtype), value_dtype: attr.dtype(values.dtype) };
  const table = { name: "table", op: `HashTable${version}`, attr: attributes };
  return {
    inputs: { x: { shape, dtype: keys.dtype } },
    constants: { keys, values, otherwise },
    initializer: [table, { name: "fill", op: `LookupTableImport${version}`, input: ["table", "keys", "values"] }],
    nodes: [
      table,
      { name: "found", op: `LookupTableFind${version}`, input: ["table", "x", "otherwise"] },
      { name: "size", op: `LookupTableSize${version}`, input: ["table"] },
    ],
    outputs: ["found", "size"],
  };
}

test("HashTable, LookupTableImport, LookupTableFind, LookupTableSize", async () => {
  for (const keys of Object.keys(KEYS) as Key[]) {
    for (const values of Object.keys(VALUES) as (keyof typeof VALUES)[]) {
      for (const [shape, version] of [
        [[6], "V2"],
        [[2, 3], ""],
        [[-1], "V2"],
        [[], ""],
      ] as [number[], string][]) {
        const graph = lookup(KEYS[keys], VALUES[values], OTHERWISE[values], shape, version);
        const fed = shape.map((extent) => (extent < 0 ? 6 : extent));
        const sought = SOUGHT[keys].slice(0, tf.util.sizeFromShape(fed));
        await assertGraph(graph, { x: tf.tensor(sought as number[], fed, keys) });
      }
    }
  }
});

test("a table of rows, and a default that is computed", async () => {
  const rows = lookup(KEYS.string, numbered([4, 2]), tf.tensor1d([-1, -2]), [6], "V2");
  await assertGraph(rows, { x: tf.tensor1d(SOUGHT.string) });
  const texts = lookup(KEYS.string, numbered([4, 2], "string"), tf.tensor1d(["no", "word"]), [6], "V2");
  await assertGraph(texts, { x: tf.tensor1d(SOUGHT.string) });
  const graph = lookup(KEYS.int32, VALUES.float32, OTHERWISE.float32, [6], "V2");
  const inputs = { ...graph.inputs, other: { shape: [], dtype: "float32" as const } };
  const nodes = graph.nodes.map((node) => ({
    ...node,
    input: node.input?.map((i) => (i === "otherwise" ? "other" : i)),
  }));
  await assertGraph({ ...graph, inputs, nodes }, { x: tf.tensor1d(SOUGHT.int32, "int32"), other: tf.scalar(4.5) });
});

test("InitializeTable, and a table that comes in as a resource", async () => {
  const plain = lookup(KEYS.string, VALUES.int32, OTHERWISE.int32, [6], "V2");
  const initializer = plain.initializer!.map((node) => ({
    ...node,
    op: node.op.replace("LookupTableImport", "InitializeTable"),
  }));
  await assertGraph({ ...plain, initializer }, { x: tf.tensor1d(SOUGHT.string) });
  const [table, fill] = initializer as [TestNode, TestNode];
  const readers = plain.nodes.slice(1).map((node) => ({ ...node, input: [...node.input!, "^fill"] }));
  const inside = { ...plain, initializer: undefined, nodes: [table, fill, ...readers] };
  await assertGraph(inside, { x: tf.tensor1d(SOUGHT.string) });
  const artifacts = graphArtifacts(plain);
  const topology = artifacts.modelTopology as {
    node: { name: string; op: string; input?: string[]; attr?: unknown }[];
  };
  topology.node = topology.node.map((node) =>
    node.name === "table"
      ? { name: "handle", op: "Placeholder", attr: { dtype: { type: "DT_RESOURCE" }, shape: attr.shape([]) } }
      : { ...node, input: node.input?.map((input) => (input === "table" ? "handle" : input)) },
  );
  const signature = artifacts.signature as { inputs: Record<string, unknown> };
  signature.inputs.handle = { name: "handle:0", dtype: "DT_RESOURCE", resourceId: 5 };
  artifacts.initializerSignature = { outputs: { table: { name: "table:0", dtype: "DT_RESOURCE", resourceId: 5 } } };
  const { graph } = readGraphModel(artifacts, { opset: 17 });
  assert.deepEqual(
    graph.inputs.map(({ name }) => name),
    ["x"],
  );
  const { domains, nodes } = optimize(graph);
  assert.deepEqual(domains, { "ai.onnx.ml": 3 });
  assert.deepEqual(
    nodes.map(({ op, domain }) => `${domain}.${op}`),
    ["ai.onnx.ml.LabelEncoder", ".Cast", ".Identity"],
  );
});

test("a table whose keys are computed, or that no node fills, is told apart", async () => {
  const graph = lookup(KEYS.int32, VALUES.int32, OTHERWISE.int32, [6], "V2");
  await assertGraph({ ...graph, initializer: [] }, { x: tf.tensor1d(SOUGHT.int32, "int32") });
  const nodes = graph.nodes.map((node) => ({
    ...node,
    input: node.input?.map((i) => (i === "table" ? "otherwise" : i)),
  }));
  assert.throws(() => readGraphModel(graphArtifacts({ ...graph, nodes }), { opset: 17 }), {
    code: "CONVERT_INVALID_MODEL",
    message: /no table/,
  });
});

test("texts that end beyond the file are one clear error", () => {
  const artifacts = graphArtifacts(lookup(KEYS.string, VALUES.int32, OTHERWISE.int32, [6], "V2"));
  const bytes = new Uint8Array(artifacts.weightData as ArrayBuffer);
  for (const damaged of [bytes.slice(0, 9), bytes.slice(0, 2), bytes.map((byte, i) => (i === 3 ? 255 : byte))]) {
    assert.throws(() => readGraphModel({ ...artifacts, weightData: damaged.buffer }, { opset: 17 }), {
      code: "CONVERT_INVALID_MODEL",
      message: /"keys".*beyond the file/,
    });
  }
});
