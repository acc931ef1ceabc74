import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, attr, graphArtifacts, optimized, type TestGraph } from "../../../test/graph-model.js";
import { assertNodes, nodesOf } from "../../../test/graph-nodes.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

function values(shape: number[], dtype: tf.DataType = "float32", seed = 1): tf.Tensor {
  const numbers = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (((i + seed) * 13) % 11) - 5);
  if (dtype === "bool")
    return tf.tensor(
      numbers.map((value) => (value > 0 ? 1 : 0)),
      shape,
      dtype,
    );
  return tf.tensor(dtype === "int32" ? numbers : numbers.map((value) => value / 3), shape, dtype);
}

const FLAGS = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));

/** Batches, then the extents of the two matrices: rows, what is summed over, columns. */
const PRODUCTS: [left: number[], right: number[]][] = [
  [[], []],
  [[2], [2]],
  [[1], [3]],
  [[3], []],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[0], [0]],
];

const multiplications = (a: boolean, b: boolean) => [
  ...nodesOf(["MatMul"], { transpose_a: attr.bool(a), transpose_b: attr.bool(b) }),
  ...nodesOf(["BatchMatMul", "BatchMatMulV2"], { adj_x: attr.bool(a), adj_y: attr.bool(b) }),
];

test("MatMul, BatchMatMul, BatchMatMulV2", async () => {
  for (const [left, right] of PRODUCTS) {
    for (const [rows, inner, columns] of [
      [2, 4, 3],
      [1, 1, 2],
      [0, 2, 3],
      // Of batches that sum over nothing onnxruntime leaves the results unset.
      ...(left.length + right.length === 0 ? ([[2, 0, 3]] as const) : []),
    ] as const) {
      for (const [a, b] of FLAGS) {
        const shapeA = [...left, ...(a ? [inner, rows] : [rows, inner])];
        const shapeB = [...right, ...(b ? [columns, inner] : [inner, columns])];
        for (const [dtypeA, dtypeB] of [
          ["float32", "float32"],
          ["int32", a ? "float32" : "int32"],
        ] as const) {
          const free = a !== b;
          const fed = dtypeA === "int32";
          await assertNodes(multiplications(a, b), {
            a: { value: values(shapeA, dtypeA), fed: true, free },
            b: { value: values(shapeB, dtypeB, 2), fed, free: free && fed },
          });
        }
      }
    }
  }
});

test("_FusedMatMul", async () => {
  const activations = [undefined, "Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu", "Prelu"];
  for (const activation of activations) {
    for (const [left, right] of [
      [
        [3, 4],
        [4, 5],
      ],
      [
        [4, 3],
        [5, 4],
      ],
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      [
        [2, 3, 4],
        [4, 5],
      ],
    ] as [number[], number[]][]) {
      const transposed = left[0] === 4;
      for (const bias of [[5], [1, 5], []]) {
        const inputs = [
          { value: values(left), fed: true, free: !transposed },
          { value: values(right, "float32", 2) },
          { value: values(bias, "float32", 3), fed: bias.length === 2 },
          ...(activation === "Prelu" ? [{ value: values([5], "float32", 4) }] : []),
        ];
        const attributes = {
          transpose_a: attr.bool(transposed),
          transpose_b: attr.bool(transposed),
          fused_ops: attr.strings(["BiasAdd", ...(activation ? [activation] : [])]),
          num_args: attr.int(activation === "Prelu" ? 2 : 1),
          ...(bias.length === 1 ? { leakyrelu_alpha: attr.float(0.3) } : {}),
        };
        await assertOperator({ op: "_FusedMatMul", inputs, attributes });
      }
    }
  }
});

test("_FusedMatMul without a bias has no activation, as in TensorFlow.js", async () => {
  for (const names of [[], ["Relu"]]) {
    const inputs = [{ value: values([2, 3]), fed: true }, { value: values([3, 2]) }];
    await assertOperator({ op: "_FusedMatMul", inputs, attributes: { fused_ops: attr.strings(names) } });
  }
});

test("a dense layer is one Gemm and its activation", () => {
  const graph: TestGraph = {
    inputs: { x: { shape: [-1, 4], dtype: "float32" } },
    constants: { weights: values([4, 3]), bias: values([3]) },
    nodes: [
      {
        name: "y",
        op: "_FusedMatMul",
        input: ["x", "weights", "bias"],
        attr: { fused_ops: attr.strings(["BiasAdd", "Relu"]), num_args: attr.int(1) },
      },
    ],
    outputs: ["y"],
  };
  const { nodes } = optimized(graph);
  assert.deepEqual(
    nodes.map((node) => node.op),
    ["Gemm", "Relu"],
  );
});

test("Transpose", async () => {
  for (const [shape, perms] of [
    [[], [[]]],
    [[3], [[0]]],
    [
      [2, 3],
      [
        [1, 0],
        [0, 1],
      ],
    ],
    [
      [2, 3, 4],
      [
        [2, 0, 1],
        [0, 2, 1],
      ],
    ],
    [[2, 1, 3, 2], [[0, 3, 1, 2]]],
    [[0, 3], [[1, 0]]],
  ] as [number[], number[][]][]) {
    for (const perm of perms) {
      for (const dtype of ["float32", "int32", "bool"] as const) {
        for (const free of [false, true]) {
          const inputs = [
            { value: values(shape, dtype), fed: true, free },
            { value: tf.tensor(perm, [perm.length], "int32") },
          ];
          await assertOperator({ op: "Transpose", inputs });
        }
      }
    }
  }
});

test("Einsum", async () => {
  for (const [equation, ...shapes] of [
    ["ij,jk->ik", [2, 3], [3, 4]],
    ["ij,jk->ki", [2, 3], [3, 4]],
    ["bij,bjk->bik", [2, 3, 4], [2, 4, 2]],
    ["abc,cd->abd", [2, 3, 4], [4, 2]],
    ["BFNH, BTNH -> BNFT", [2, 3, 2, 4], [2, 3, 2, 4]],
    ["i,j->ij", [2], [3]],
    ["i,i->", [4], [4]],
    ["ij->ji", [2, 3]],
    ["ij->i", [2, 3]],
    ["ijk->", [2, 3, 2]],
    ["ij,ij->ij", [2, 3], [2, 3]],
    ["ij,j->i", [0, 3], [3]],
  ] as [string, ...number[][]][]) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const free of [false, true]) {
        const inputs = shapes.map((shape, i) => ({ value: values(shape, dtype, i), fed: true, free }));
        const attributes = { equation: attr.string(equation), N: attr.int(shapes.length) };
        await assertOperator({ op: "Einsum", inputs, attributes });
      }
    }
  }
});

// TensorFlow.js takes num_lower for num_upper too.
test("MatrixBandPart", async () => {
  const counts = [-1, 0, 1, 5];
  const nodes = counts.flatMap((lower, i) =>
    counts.map((upper, j) => ({
      name: `band_${lower}_${upper}`,
      op: "MatrixBandPart",
      input: ["x", `c${i}`, `c${j}`],
    })),
  );
  const numbers = Object.fromEntries(counts.map((count, i) => [`c${i}`, tf.scalar(count, "int32")]));
  for (const shape of [
    [3, 3],
    [2, 4],
    [4, 2],
    [2, 2, 3, 3],
  ]) {
    for (const dtype of ["float32", "int32", "bool"] as const) {
      for (const free of [false, true]) {
        const inputs = Object.entries(numbers).map(([name, value]) => [name, { value, fed: free }] as const);
        const x = { value: values(shape, dtype), fed: true, free };
        await assertNodes(nodes, { x, ...Object.fromEntries(inputs) });
      }
    }
  }
});

test("what TensorFlow.js does not multiply is refused", () => {
  const read = (op: string, attributes: Record<string, unknown>, shape: number[]) => () => {
    const inputs = { x: { shape, dtype: "float32" as const } };
    const nodes = [{ name: "y", op, input: ["x", "x"], attr: attributes }];
    readGraphModel(graphArtifacts({ inputs, nodes, outputs: ["y"] }), { opset: 17 });
  };
  const code = "CONVERT_UNSUPPORTED";
  assert.throws(read("Einsum", { equation: attr.string("...i,ij->...j") }, [2, 2]), { code, message: /equation/ });
  assert.throws(read("Einsum", { equation: attr.string("ii,ij->j") }, [2, 2]), { code, message: /twice/ });
  assert.throws(read("Einsum", { equation: attr.string("ij->ji") }, [2, 2]), { code, message: /2 inputs/ });
  assert.throws(read("MatMul", {}, [2]), { code: "CONVERT_INVALID_MODEL", message: /matrices/ });
  assert.throws(read("MatMul", {}, [2, 3]), { code: "CONVERT_INVALID_MODEL", message: /columns meet/ });
});
