import { cast } from "../../emit/cast.js";
import { countsOf, places, splitsOf, unfolded } from "../../emit/ragged.js";
import { reduce } from "../../emit/reduce.js";
import { extents, joined, reshape, slice, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

const number = (b: GraphBuilder, value: number) => b.constant(int64([value]), "number");

registerOperator(
  "RaggedRange",
  ({ b, x, input }) => {
    // TensorFlow.js computes in 64 bits.
    const [starts, limits, deltas] = [x, input(1), input(2)].map((value) => cast(b, value, "float64")) as [
      Value,
      Value,
      Value,
    ];
    const steps = b.add("Ceil", [b.add("Div", [b.add("Sub", [limits, starts]), deltas])]);
    const sizes = b.add("Max", [steps, b.constant(scalar(0, "float64"), "zero")]);
    const splits = splitsOf(b, cast(b, reshape(b, sizes, [-1]), "int64"));
    const { rows, offsets } = unfolded(b, splits);
    const ofRow = (value: Value) => (value.shape.length === 0 ? value : b.add("Gather", [value, rows]));
    const moved = b.add("Mul", [cast(b, offsets, "float64"), ofRow(deltas)]);
    return [cast(b, splits, "int32"), cast(b, b.add("Add", [ofRow(starts), moved]), x.dtype)];
  },
  { becomes: "Range, CumSum and Gather", outputs: ["rt_nested_splits", "rt_dense_values"] },
);

/** Splits of the rows of a dense tensor's axes but the last, from the outermost. */
function denseSplits(b: GraphBuilder, x: Value): Value[] {
  return x.shape.slice(0, -1).map((_, axis) => {
    const count = b.add("ReduceProd", [extents(b, x, 0, axis + 1)], { keepdims: 1 });
    return b.add("Mul", [places(b, b.add("Add", [count, number(b, 1)])), extents(b, x, axis + 1, axis + 2)]);
  });
}

registerOperator(
  "RaggedGather",
  (node) => {
    const { b, inputs } = node;
    const indices = node.input(inputs.length - 1);
    const values = node.input(inputs.length - 2);
    const outputs = denseSplits(b, indices);
    let rows = reshape(b, cast(b, indices, "int64"), [-1]);
    for (const [level, splits] of inputs.slice(0, -2).entries()) {
      const wide = cast(b, splits, "int64");
      const begins = b.add("Gather", [wide, rows]);
      const ends = b.add("Gather", [wide, b.add("Add", [rows, number(b, 1)])]);
      const own = splitsOf(b, b.add("Sub", [ends, begins]));
      // The row that one index takes is no row of rows.
      if (level > 0 || indices.shape.length > 0) outputs.push(own);
      const inner = unfolded(b, own);
      rows = b.add("Add", [b.add("Gather", [begins, inner.rows]), inner.offsets]);
    }
    return [...outputs.map((splits) => cast(b, splits, "int32")), b.add("Gather", [values, rows])];
  },
  { becomes: "Gather and CumSum" },
);

/** Of the elements of a level: the row of each and its place there, and how many elements there are. */
interface Level {
  rows: Value;
  offsets: Value;
  count: Value;
}

function levelOf(node: OperatorContext, type: string, partition: Value, parents: Value): Level {
  const { b } = node;
  if (type === "ROW_SPLITS") return unfolded(b, partition);
  if (type !== "VALUE_ROWIDS") throw node.unsupported(`TensorFlow.js knows no rows given by ${type}`);
  const count = extents(b, partition);
  const begins = splitsOf(b, countsOf(b, partition, parents));
  return { rows: partition, offsets: b.add("Sub", [places(b, count), b.add("Gather", [begins, partition])]), count };
}

registerOperator(
  "RaggedTensorToTensor",
  (node) => {
    const { b, attributes } = node;
    const values = node.input(1);
    const types = attributes.strings("row_partition_types", []);
    const partitions = node.inputs.slice(3).map((partition) => cast(b, partition, "int64"));
    if (types.length === 0 || partitions.length < types.length) throw node.invalid("its row partitions are missing");
    const sized = types[0] === "FIRST_DIM_SIZE";
    if (!sized && types[0] !== "ROW_SPLITS") throw node.unsupported(`its first rows are given by ${types[0]}`);
    let count = sized ? reshape(b, partitions[0]!, [1]) : b.add("Sub", [extents(b, partitions[0]!), number(b, 1)]);
    let coordinates = [places(b, count)];
    const widths = [count];
    for (let i = sized ? 1 : 0; i < types.length; i++) {
      const level = levelOf(node, types[i]!, partitions[i]!, count);
      coordinates = [...coordinates.map((own) => b.add("Gather", [own, level.rows])), level.offsets];
      const longest = reduce(b, "ReduceMax", joined(b, [number(b, -1), level.offsets]), [0], true);
      widths.push(b.add("Add", [longest, number(b, 1)]));
      count = level.count;
    }
    // Extents that the shape leaves open are those of the longest rows.
    const ragged = slice(b, cast(b, node.x, "int64"), [{ axis: 0, start: 0, end: widths.length }]);
    const open = b.add("Less", [ragged, number(b, 0)]);
    const sizes = b.add("Where", [open, joined(b, widths), ragged]);
    const inner = values.shape.length > 1 ? [extents(b, values, 1)] : [];
    const fill = b.add("Expand", [cast(b, node.input(2), values.dtype), joined(b, [sizes, ...inner])]);
    const cells = b.add(
      "Concat",
      coordinates.map((column) => unsqueeze(b, column, [1])),
      { axis: 1 },
    );
    const fits = cast(b, b.add("Less", [cells, sizes]), "int32");
    const kept = cast(b, reduce(b, "ReduceMin", fits, [1]), "bool");
    const take = (rows: Value) => b.add("Compress", [rows, kept], { axis: 0 });
    return b.add("ScatterND", [fill, take(cells), take(values)]);
  },
  { becomes: "CumSum, Compress and ScatterND", limits: "rows by splits or by row ids, as in TensorFlow.js" },
);
