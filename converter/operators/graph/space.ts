import { inChannelsFirst } from "../../emit/layout.js";
import { extents, joined, reshapeBy, slice } from "../../emit/shape.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { int64 } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Blocks of space moved to the batch or the channels and back. */

const number = (b: GraphBuilder, value: number) => b.constant(int64([value]), "extent");

const product = (values: number[]) => values.reduce((all, value) => all * value, 1);

/** Block and the pairs of paddings or crops, which TensorFlow gives for the axes behind the batch. */
function blockAndPairs(node: OperatorContext, pairs: string): { block: number[]; before: number[]; after: number[] } {
  const block = node.numbers(1, "block shape");
  const flat = node.numbers(2, pairs);
  const spatial = block.length;
  if (flat.length !== 2 * spatial || node.x.shape.length < spatial + 1) {
    throw node.invalid(`its block shape, ${pairs} and input do not fit`);
  }
  return {
    block,
    before: block.map((_, i) => flat[2 * i]!),
    after: block.map((_, i) => flat[2 * i + 1]!),
  };
}

registerOperator(
  "SpaceToBatchND",
  (node) => {
    const { b, x } = node;
    const { block, before, after } = blockAndPairs(node, "paddings");
    const [rank, spatial] = [x.shape.length, block.length];
    const rest = Array<number>(rank - spatial - 1).fill(0);
    const pads = int64([0, ...before, ...rest, 0, ...after, ...rest]);
    const padded = [...before, ...after].some((extent) => extent !== 0);
    const whole = padded ? b.add("Pad", [x, b.constant(pads, "pads")], { mode: "constant" }) : x;
    const batch = extents(b, x, 0, 1);
    const blocks = block.map((size, i) => b.add("Div", [extents(b, whole, i + 1, i + 2), number(b, size)]));
    const tail = rank > spatial + 1 ? [extents(b, x, spatial + 1)] : [];
    const split = blocks.flatMap((extent, i) => [extent, number(b, block[i]!)]);
    const apart = reshapeBy(b, whole, joined(b, [batch, ...split, ...tail]));
    const axes = block.map((_, i) => 2 * i + 1);
    const perm = [...axes.map((axis) => axis + 1), 0, ...axes, ...rest.map((_, i) => 2 * spatial + 1 + i)];
    const moved = b.add("Transpose", [apart], { perm });
    const images = b.add("Mul", [batch, number(b, product(block))]);
    return reshapeBy(b, moved, joined(b, [images, ...blocks, ...tail]));
  },
  { becomes: "Pad, Reshape and Transpose", limits: "block shape and paddings must be constant" },
);

registerOperator(
  "BatchToSpaceND",
  (node) => {
    const { b, x } = node;
    const { block, before, after } = blockAndPairs(node, "crops");
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
    const parts = block.map((_, i) => ({
      axis: i + 1,
      start: before[i]!,
      end: after[i] === 0 ? Number.POSITIVE_INFINITY : -after[i]!,
    }));
    const cropped = parts.filter(({ start, end }) => start !== 0 || Number.isFinite(end));
    return cropped.length > 0 ? slice(b, whole, cropped) : whole;
  },
  { becomes: "Reshape, Transpose and Slice", limits: "block shape and crops must be constant" },
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
