import { cast } from "../../emit/cast.js";
import { inChannelsFirst } from "../../emit/layout.js";
import { extents, joined, reshapeBy, slice } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Blocks of space moved to the batch or the channels and back. */

const number = (b: GraphBuilder, value: number) => b.constant(int64([value]), "extent");

const product = (values: number[]) => values.reduce((all, value) => all * value, 1);

/** Columns of the paddings or crops, which TensorFlow gives in pairs for the axes behind the batch: int64 [M] each. */
interface Pairs {
  before: Value;
  after: Value;
  /** The same numbers, where they are known. */
  known?: { before: number[]; after: number[] };
}

function blockAndPairs(node: OperatorContext, what: string): { block: number[]; pairs: Pairs } {
  const { b } = node;
  const block = node.numbers(1, "block shape");
  const given = node.input(2);
  const fits = given.shape.length === 2 && given.shape[0] === block.length && given.shape[1] === 2;
  if (!fits || node.x.shape.length < block.length + 1) {
    throw node.invalid(`its block shape, ${what} and input do not fit`);
  }
  if (!given.constant) {
    const column = (place: number) =>
      b.add("Gather", [cast(b, given, "int64"), b.constant(scalar(place, "int64"))], { axis: 1 });
    return { block, pairs: { before: column(0), after: column(1) } };
  }
  const flat = node.numbers(2, what);
  const [before, after] = [0, 1].map((place) => block.map((_, i) => flat[2 * i + place]!)) as [number[], number[]];
  const column = (values: number[]) => b.constant(int64(values), what);
  return { block, pairs: { before: column(before), after: column(after), known: { before, after } } };
}

const isZero = (value: number) => value === 0;

/** Pads the axes behind the batch. */
function padded(b: GraphBuilder, x: Value, { before, after, known }: Pairs, spatial: number): Value {
  if (known?.before.every(isZero) && known.after.every(isZero)) return x;
  const batch = b.constant(int64([0]), "batch");
  const tail = b.constant(int64(Array<number>(x.shape.length - spatial - 1).fill(0)), "tail");
  const whole = b.add("Pad", [x, joined(b, [batch, before, tail, batch, after, tail])], { mode: "constant" });
  whole.shape = whole.shape.map((dim, axis) => (axis > 0 && axis <= spatial ? dim : x.shape[axis]!));
  return whole;
}

/** Takes crops away from the axes behind the batch. */
function cropped(b: GraphBuilder, x: Value, { before, after, known }: Pairs, spatial: number): Value {
  const axes = Array.from({ length: spatial }, (_, i) => i + 1);
  if (!known) {
    const ends = b.add("Sub", [extents(b, x, 1, spatial + 1), after]);
    return b.add("Slice", [x, before, ends, b.constant(int64(axes), "axes")]);
  }
  const parts = axes
    .map((axis, i) => ({ axis, start: known.before[i]!, end: -known.after[i]! || Number.POSITIVE_INFINITY }))
    .filter(({ start, end }) => start !== 0 || Number.isFinite(end));
  return parts.length > 0 ? slice(b, x, parts) : x;
}

registerOperator(
  "SpaceToBatchND",
  (node) => {
    const { b, x } = node;
    const { block, pairs } = blockAndPairs(node, "paddings");
    const [rank, spatial] = [x.shape.length, block.length];
    const whole = padded(b, x, pairs, spatial);
    const batch = extents(b, x, 0, 1);
    const blocks = block.map((size, i) => b.add("Div", [extents(b, whole, i + 1, i + 2), number(b, size)]));
    const tail = rank > spatial + 1 ? [extents(b, x, spatial + 1)] : [];
    const split = blocks.flatMap((extent, i) => [extent, number(b, block[i]!)]);
    const apart = reshapeBy(b, whole, joined(b, [batch, ...split, ...tail]));
    const axes = block.map((_, i) => 2 * i + 1);
    const rest = Array.from({ length: rank - spatial - 1 }, (_, i) => 2 * spatial + 1 + i);
    const perm = [...axes.map((axis) => axis + 1), 0, ...axes, ...rest];
    const moved = b.add("Transpose", [apart], { perm });
    const images = b.add("Mul", [batch, number(b, product(block))]);
    return reshapeBy(b, moved, joined(b, [images, ...blocks, ...tail]));
  },
  { becomes: "Pad, Reshape and Transpose", limits: "block shape must be constant" },
);

registerOperator(
  "BatchToSpaceND",
  (node) => {
    const { b, x } = node;
    const { block, pairs } = blockAndPairs(node, "crops");
    const [rank, spatial] = [x.shape.length, block.length];
    const batch = b.add("Div", [extents(b, x, 0, 1), number(b, product(block))]);
    const space = block.map((_, i) => extents(b, x, i + 1, i + 2));
    const tail = rank > spatial + 1 ? [extents(b, x, spatial + 1)] : [];
    const sizes = block.map((size) => number(b, size));
    const apart = reshapeBy(b, x, joined(b, [...sizes, batch, ...space, ...tail]));
    const perm = [spatial, ...block.flatMap((_, i) => [spatial + 1 + i, i])];
    for (let axis = 2 * spatial + 1; axis < spatial + rank; axis++) perm.push(axis);
    const moved = b.add("Transpose", [apart], { perm });
    const grown = space.map((extent, i) => b.add("Mul", [extent, sizes[i]!]));
    const whole = reshapeBy(b, moved, joined(b, [batch, ...grown, ...tail]));
    return cropped(b, whole, pairs, spatial);
  },
  { becomes: "Reshape, Transpose and Slice", limits: "block shape must be constant" },
);

registerOperator(
  "DepthToSpace",
  (node) => {
    const { b, x, attributes } = node;
    const blocksize = attributes.int("block_size", 0);
    if (blocksize < 2) throw node.invalid(`its block size is ${blocksize}`);
    const format = attributes.string("data_format", "NHWC").toUpperCase();
    return inChannelsFirst(b, x, format === "NCHW" ? "channelsFirst" : "channelsLast", (input) =>
      b.add("DepthToSpace", [input], { blocksize, mode: "DCR" }),
    );
  },
  { becomes: "DepthToSpace" },
);
