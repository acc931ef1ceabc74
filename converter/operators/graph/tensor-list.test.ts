import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { filled, ints } from "../../../test/control-flow.js";
import { assertGraph, attr, graphArtifacts, type TestGraph, type TestNode } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const DTYPES = ["float32", "int32", "bool"] as const;
const ELEMENTS = [[], [2], [2, 3], [0]];

/** Runs a graph over lists made of a tensor [4, ...element], of which all extents are free, or none. */
async function overLists(
  nodes: (dtype: tf.DataType, element: number[]) => TestNode[],
  outputs: string[],
  constants: Record<string, tf.Tensor> = {},
  elements = ELEMENTS,
): Promise<void> {
  for (const dtype of DTYPES) {
    for (const element of elements) {
      for (const free of [false, true]) {
        const shape = [4, ...element];
        const graph: TestGraph = {
          inputs: { x: { shape: shape.map((extent) => (free ? -1 : extent)), dtype } },
          constants: { shape: ints(element), open: tf.scalar(-1, "int32"), ...constants },
          nodes: [
            {
              name: "list",
              op: "TensorListFromTensor",
              input: ["x", "shape"],
              attr: { element_dtype: attr.dtype(dtype) },
            },
            ...nodes(dtype, element),
          ],
          outputs,
        };
        try {
          await assertGraph(graph, { x: filled(shape, dtype) });
        } catch (error) {
          throw new Error(`${dtype} [${shape}]${free ? " free" : ""}: ${error}`, { cause: error });
        }
      }
    }
  }
}

test("TensorListStack, TensorListLength, TensorListGetItem", async () => {
  await overLists(
    (dtype) => [
      { name: "stack", op: "TensorListStack", input: ["list", "open"], attr: { element_dtype: attr.dtype(dtype) } },
      { name: "length", op: "TensorListLength", input: ["list"] },
      {
        name: "get",
        op: "TensorListGetItem",
        input: ["list", "at", "open"],
        attr: { element_dtype: attr.dtype(dtype) },
      },
    ],
    ["stack", "length", "get"],
    { at: tf.scalar(2, "int32") },
  );
});

test("TensorListGather", async () => {
  for (const indices of [[], [0], [0, 1, 2, 3], [3, 1], [2, 2, 0, 1, 3, 3], [0, 1, 2, 3, 4, 5]]) {
    // TensorFlow.js gives an empty result as float32.
    if (indices.length === 0) continue;
    await overLists(
      (dtype) => [
        {
          name: "rows",
          op: "TensorListGather",
          input: ["list", "indices", "open"],
          attr: { element_dtype: attr.dtype(dtype) },
        },
      ],
      ["rows"],
      { indices: ints(indices) },
      [[], [2, 3]],
    );
  }
});

test("TensorListSetItem: within, behind the end, beyond it", async () => {
  for (const at of [0, 3, 4]) {
    for (const computed of [false, true]) {
      await overLists(
        (dtype) => [
          { name: "place", op: "AddV2", input: ["at", computed ? "length" : "nothing"] },
          { name: "length", op: "TensorListLength", input: ["list"] },
          {
            name: "set",
            op: "TensorListSetItem",
            input: ["list", computed ? "place" : "at", "item"],
            attr: { element_dtype: attr.dtype(dtype) },
          },
          {
            name: "item",
            op: "TensorListGetItem",
            input: ["list", "one", "open"],
            attr: { element_dtype: attr.dtype(dtype) },
          },
          { name: "stack", op: "TensorListStack", input: ["set", "open"], attr: { element_dtype: attr.dtype(dtype) } },
          { name: "size", op: "TensorListLength", input: ["set"] },
        ],
        ["stack", "size"],
        {
          at: tf.scalar(computed ? at - 4 : at, "int32"),
          one: tf.scalar(1, "int32"),
          nothing: tf.scalar(0, "int32"),
        },
        [[], [2, 3]],
      );
    }
  }
});

test("elements are written in any order into a reserved list", async () => {
  for (const order of [
    [0, 1, 2],
    [2, 0, 1],
    [1, 2, 0],
    [1, 0, 2, 1],
  ]) {
    for (const fed of [false, true]) {
      const names = order.map((_, i) => `at_${i}`);
      const graph: TestGraph = {
        inputs: {
          x: { shape: [2], dtype: "float32" },
          ...(fed ? Object.fromEntries(names.map((name) => [name, { shape: [], dtype: "int32" as const }])) : {}),
        },
        constants: {
          shape: ints([-1]),
          count: tf.scalar(3, "int32"),
          ...(fed ? {} : Object.fromEntries(names.map((name, i) => [name, tf.scalar(order[i]!, "int32")]))),
          ...Object.fromEntries(names.map((name, i) => [`${name}_scale`, tf.scalar(i + 1)])),
        },
        nodes: [
          {
            name: "list",
            op: "TensorListReserve",
            input: ["shape", "count"],
            attr: { element_dtype: attr.dtype("float32") },
          },
          ...names.flatMap((name, i) => [
            { name: `item_${i}`, op: "Mul", input: ["x", `${name}_scale`] },
            {
              name: `set_${i}`,
              op: "TensorListSetItem",
              input: [i === 0 ? "list" : `set_${i - 1}`, name, `item_${i}`],
              attr: { element_dtype: attr.dtype("float32") },
            },
          ]),
          {
            name: "stack",
            op: "TensorListStack",
            input: [`set_${order.length - 1}`, "shape"],
            attr: { element_dtype: attr.dtype("float32") },
          },
        ],
        outputs: ["stack"],
      };
      const places = fed ? Object.fromEntries(names.map((name, i) => [name, tf.scalar(order[i]!, "int32")])) : {};
      try {
        await assertGraph(graph, { x: tf.tensor1d([1, -2]), ...places });
      } catch (error) {
        throw new Error(`${order}${fed ? " fed" : ""}: ${error}`, { cause: error });
      }
    }
  }
});

test("TensorListPushBack, TensorListPopBack", async () => {
  await overLists(
    (dtype) => [
      {
        name: "item",
        op: "TensorListGetItem",
        input: ["list", "one", "open"],
        attr: { element_dtype: attr.dtype(dtype) },
      },
      { name: "push", op: "TensorListPushBack", input: ["list", "item"], attr: { element_dtype: attr.dtype(dtype) } },
      { name: "stack", op: "TensorListStack", input: ["push", "open"], attr: { element_dtype: attr.dtype(dtype) } },
    ],
    ["stack"],
    { one: tf.scalar(1, "int32") },
  );
  await overLists(
    (dtype) => [
      { name: "pop", op: "TensorListPopBack", input: ["list", "open"], attr: { element_dtype: attr.dtype(dtype) } },
    ],
    ["pop"],
  );
});

test("TensorListConcat, TensorListConcatV2", async () => {
  for (const op of ["TensorListConcat", "TensorListConcatV2"]) {
    await overLists(
      (dtype, element) => [
        {
          name: "all",
          op,
          input: ["list"],
          attr: { element_dtype: attr.dtype(dtype), element_shape: attr.shape(element) },
        },
      ],
      ["all"],
      {},
      [[2], [2, 3], [0], [2, 3, 1]],
    );
  }
});

test("TensorListSplit", async () => {
  await overLists(
    (dtype) => [
      {
        name: "parts",
        op: "TensorListSplit",
        input: ["x", "open", "lengths"],
        attr: { element_dtype: attr.dtype(dtype) },
      },
      { name: "stack", op: "TensorListStack", input: ["parts", "open"], attr: { element_dtype: attr.dtype(dtype) } },
    ],
    ["stack"],
    { lengths: ints([1, 1, 1, 1]) },
    [[], [2]],
  );
});

test("TensorListScatter, TensorListScatterV2", async () => {
  for (const [op, indices] of [
    ["TensorListScatter", [0, 1, 2, 3]],
    ["TensorListScatter", [3, 0, 2, 1]],
    ["TensorListScatterV2", [1, 1, 2, 0]],
  ] as const) {
    for (const computed of [false, true]) {
      if (computed && new Set(indices).size < 4) continue;
      await overLists(
        (dtype) => [
          { name: "length", op: "TensorListLength", input: ["list"] },
          { name: "indices", op: "AddV2", input: ["places", "length"] },
          {
            name: "scattered",
            op,
            input: ["x", computed ? "indices" : "places", "open", ...(op.endsWith("V2") ? ["count"] : [])],
            attr: { element_dtype: attr.dtype(dtype) },
          },
          {
            name: "stack",
            op: "TensorListStack",
            input: ["scattered", "open"],
            attr: { element_dtype: attr.dtype(dtype) },
          },
        ],
        ["stack"],
        { places: ints(indices.map((index) => (computed ? index - 4 : index))), count: tf.scalar(4, "int32") },
        [[], [2, 3]],
      );
    }
  }
});

test("TensorListResize", async () => {
  for (const size of [1, 4, 6]) {
    await overLists(
      (dtype) => [
        { name: "resized", op: "TensorListResize", input: ["list", "size"] },
        { name: "length", op: "TensorListLength", input: ["resized"] },
        {
          name: "first",
          op: "TensorListGetItem",
          input: ["resized", "zero", "shape"],
          attr: { element_dtype: attr.dtype(dtype) },
        },
      ],
      ["length", "first"],
      { size: tf.scalar(size, "int32"), zero: tf.scalar(0, "int32") },
      [[], [2, 3]],
    );
  }
});

test("a list is no tensor, and an empty one tells no shape", () => {
  const read = (nodes: TestNode[]) => () =>
    readGraphModel(
      graphArtifacts({
        inputs: { x: { shape: [2], dtype: "float32" } },
        constants: { open: tf.scalar(-1, "int32"), size: tf.scalar(2, "int32") },
        nodes: [
          {
            name: "list",
            op: "TensorListReserve",
            input: ["open", "size"],
            attr: { element_dtype: attr.dtype("float32") },
          },
          ...nodes,
        ],
        outputs: ["y"],
      }),
      { opset: 17 },
    );
  assert.throws(read([{ name: "y", op: "Shape", input: ["list"] }]), {
    code: "CONVERT_UNSUPPORTED",
    message: /a list of tensors/,
  });
  assert.throws(read([{ name: "y", op: "Identity", input: ["list"] }]), {
    code: "CONVERT_UNSUPPORTED",
    message: /Output "y"/,
  });
  assert.throws(read([{ name: "y", op: "TensorListStack", input: ["list", "open"] }]), {
    code: "CONVERT_UNSUPPORTED",
    message: /"y" \(TensorListStack\).*empty/,
  });
  assert.throws(read([{ name: "y", op: "TensorListLength", input: ["x"] }]), {
    code: "CONVERT_UNSUPPORTED",
    message: /no list/,
  });
});
