import { cast } from "../../emit/cast.js";
import { reordered } from "../../emit/convolution.js";
import { inBatch, toChannelsFirst, toChannelsLast } from "../../emit/layout.js";
import { extents, slice } from "../../emit/shape.js";
import { halves, type Pads, type Sliding } from "../../emit/window.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { difference, plus, times } from "../../graph/dims.js";
import { int64 } from "../../graph/tensor.js";
import type { Dim } from "../../graph/types.js";
import { registerOperator } from "../../read/graph-model/registry.js";
import { filterShape, paddingOf, spatial } from "./window.js";

/**
 * The gradient of a convolution. Its output's shape is an input: where that says how many rows the convolution left out,
 * ConvTranspose gives the shape; else what is too much is cut off at run time.
 */
registerOperator(
  "Conv2DBackpropInput",
  (node) => {
    const { b } = node;
    const filter = cast(b, node.input(1), "float32");
    const kernel = filterShape(node, filter, 4).slice(0, 2);
    const strides = spatial(node, "strides", 2);
    const padding = paddingOf(node, "NHWC");
    const dy = cast(b, node.input(2), "float32");
    const rank = dy.shape.length;
    if (rank !== 3 && rank !== 4) throw node.invalid(`its input has ${rank} axes`);
    const wanted = node.contents(0)?.slice(rank - 3, rank - 1);
    return inBatch(b, dy, 4, (batch) => {
      const first = toChannelsFirst(b, batch);
      const turned = reordered(b, filter, [3, 2, 0, 1]);
      const fit = wanted && fitted(wanted, first.shape.slice(2), kernel, strides, padding);
      const attributes = {
        kernel_shape: kernel,
        strides,
        pads: fit ? [...fit.before, ...fit.after] : undefined,
        output_padding: fit ? fit.extra : strides.map((stride) => stride - 1),
      };
      const y = b.add("ConvTranspose", [first, turned], attributes);
      if (fit) return toChannelsLast(b, y);
      const shape = cast(b, slice(b, node.x, [{ axis: 0, start: rank - 3, end: rank - 1 }]), "int64");
      return toChannelsLast(b, cutTo(b, y, first, shape, { kernel, strides, padding }));
    });
  },
  { becomes: "ConvTranspose" },
);

interface Fit extends Pads {
  /** Rows at the end that no window reached. */
  extra: number[];
}

function fitted(
  wanted: Dim[],
  have: Dim[],
  kernel: number[],
  strides: number[],
  padding: Sliding["padding"],
): Fit | undefined {
  const axes = kernel.map((extent, i) => {
    const stride = strides[i]!;
    const windows = times(have[i]!, stride);
    if (padding === "same") {
      const dropped = difference(windows, wanted[i]!);
      if (dropped === undefined || dropped < 0 || dropped >= stride) return undefined;
      const total = Math.max(0, extent - stride + dropped);
      return { total, extra: stride - dropped - extent + total };
    }
    const total = padding === "valid" ? 0 : padding.before[i]! + padding.after[i]!;
    const dropped = difference(wanted[i]!, plus(windows, extent - stride - total));
    if (dropped === undefined || dropped < 0 || dropped >= stride) return undefined;
    return { total, extra: dropped };
  });
  if (axes.some((axis) => axis === undefined)) return undefined;
  const pads = typeof padding === "object" ? padding : halves(axes.map((axis) => axis!.total));
  return { ...pads, extra: axes.map((axis) => axis!.extra) };
}

/** Of a ConvTranspose of `dy` without padding, the rows and columns that lie within the shape. */
function cutTo(
  b: GraphBuilder,
  y: Value,
  dy: Value,
  shape: Value,
  { kernel, strides, padding }: Pick<Sliding, "kernel" | "strides" | "padding">,
): Value {
  const vector = (values: number[], name: string) => b.constant(int64(values), name);
  let starts = vector(typeof padding === "object" ? padding.before : [0, 0], "starts");
  if (padding === "same") {
    const steps = b.add("Sub", [extents(b, dy, 2, 4), vector([1, 1], "one")]);
    const reach = b.add("Add", [b.add("Mul", [steps, vector(strides, "strides")]), vector(kernel, "kernel")]);
    const total = b.add("Max", [b.add("Sub", [reach, shape]), vector([0, 0], "zero")]);
    starts = b.add("Div", [total, vector([2, 2], "two")]);
  }
  return b.add("Slice", [y, starts, b.add("Add", [starts, shape]), vector([2, 3], "axes")]);
}
