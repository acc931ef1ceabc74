import { cast } from "../../emit/cast.js";
import { gather } from "../../emit/gather.js";
import { extents, joined, reshape, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { full } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Elements read and written at indices. */

registerOperator("Gather", ({ b, x, input }) => gather(b, x, cast(b, input(1), "int32"), 0), {
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
    if (batch < 0 || axis < batch || axis >= rank || batch > indices.shape.length) {
      throw node.invalid(`axis ${given} and ${batch} batch axes do not fit its inputs`);
    }
    return gather(b, x, cast(b, indices, "int32"), axis, batch);
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
