import { cast } from "../../emit/cast.js";
import { extents, joined, reshape, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { full } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Elements read and written at indices. */

/** Moves axis `from` to place `to`. */
function moved(b: GraphBuilder, x: Value, from: number, to: number): Value {
  if (from === to) return x;
  const perm = x.shape.map((_, axis) => axis).toSpliced(from, 1);
  perm.splice(to, 0, from);
  return b.add("Transpose", [x], { perm });
}

/** Each batch takes elements of its own: x [batch …, inner …, extent, rest …], indices [batch …, places …]. */
function gatherByBatch(b: GraphBuilder, x: Value, indices: Value, axis: number, batch: number): Value {
  const front = moved(b, x, axis, batch);
  const places = unsqueeze(b, cast(b, indices, "int64"), [-1]);
  let result = b.add("GatherND", [front, places], { batch_dims: batch });
  for (let i = batch; i < axis; i++) result = moved(b, result, indices.shape.length + (i - batch), i);
  return result;
}

registerOperator("Gather", ({ b, x, input }) => b.add("Gather", [x, cast(b, input(1), "int32")], { axis: 0 }), {
  becomes: "Gather",
});

registerOperator(
  "GatherV2",
  (node) => {
    const { b, x } = node;
    const indices = node.input(1);
    const rank = x.shape.length;
    const [given = 0] = node.inputs[2] ? node.numbers(2, "axis") : [];
    const axis = given < 0 ? given + rank : given;
    let batch = node.attributes.int("batch_dims", 0);
    if (batch < 0) batch += indices.shape.length;
    if (axis < batch || axis >= rank || batch > indices.shape.length) {
      throw node.invalid(`axis ${given} and ${batch} batch axes do not fit its inputs`);
    }
    if (batch > 0) return gatherByBatch(b, x, indices, axis, batch);
    return b.add("Gather", [x, cast(b, indices, "int32")], { axis });
  },
  { becomes: "Gather; GatherND with batch axes", limits: "the axis must be constant" },
);

registerOperator(
  "GatherNd",
  ({ b, x, input }) => {
    const indices = input(1);
    if (indices.shape.at(-1) !== 0) return b.add("GatherND", [x, cast(b, indices, "int64")]);
    // Indices of no entry stand for all of the tensor.
    return b.add("Expand", [x, joined(b, [extents(b, indices, 0, indices.shape.length - 1), extents(b, x)])]);
  },
  { becomes: "GatherND" },
);

/** Indices as ONNX takes them: TensorFlow.js reads a vector as indices of one entry each. */
function entries(b: GraphBuilder, indices: Value): Value {
  const wide = cast(b, indices, "int64");
  if (indices.shape.length === 0) return reshape(b, wide, [1, 1]);
  return indices.shape.length === 1 ? unsqueeze(b, wide, [-1]) : wide;
}

registerOperator(
  "ScatterNd",
  (node) => {
    const { b, x } = node;
    const updates = node.input(1);
    if (updates.dtype === "bool") throw node.unsupported("sums of bool are not defined in ONNX");
    const shape = cast(b, node.input(2), "int64");
    const zeros = b.add("ConstantOfShape", [shape], { value: full([1], 0, updates.dtype) });
    return b.add("ScatterND", [zeros, entries(b, x), updates], { reduction: "add" });
  },
  { becomes: "ScatterND with sums", limits: "not of bool" },
);

registerOperator(
  "SparseToDense",
  ({ b, x, input }) => {
    const values = input(2);
    const dense = b.add("Expand", [cast(b, input(3), values.dtype), cast(b, input(1), "int64")]);
    const indices = entries(b, x);
    const spread = values.shape.length === 0 ? b.add("Expand", [values, extents(b, indices, 0, 1)]) : values;
    return b.add("ScatterND", [dense, indices, spread]);
  },
  { becomes: "Expand and ScatterND" },
);

function scatterUpdate({ b, x, input }: OperatorContext): Value {
  return b.add("ScatterND", [x, entries(b, input(1)), input(2)]);
}

registerOperator("TensorScatterUpdate", scatterUpdate, { becomes: "ScatterND" });
