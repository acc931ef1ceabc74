import { cast } from "../../emit/cast.js";
import { inBatch } from "../../emit/layout.js";
import { slice } from "../../emit/shape.js";
import { padsOf, reaches, type Sliding } from "../../emit/window.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { registerOperator } from "../../read/graph-model/registry.js";
import { filterShape, paddingOf, requireFloat, spatial } from "./window.js";

/** Below every sum; also what TensorFlow.js gives where a window covers nothing of the image. */
const LOWEST = Number.MIN_SAFE_INTEGER;

/** Grey-scale morphology: the maximum over a window of image plus filter, which ONNX has no operator for. */
registerOperator(
  "Dilation2D",
  (node) => {
    const { b } = node;
    const filter = cast(b, node.input(1), "float32");
    const sliding: Sliding = {
      kernel: filterShape(node, filter, 3).slice(0, 2),
      strides: spatial(node, "strides", 2),
      dilations: spatial(node, "rates", 2),
      padding: paddingOf(node),
    };
    return inBatch(b, requireFloat(node, node.x, [3, 4]), 4, (batch) => {
      const pads = padsOf(batch.shape.slice(1, 3), sliding);
      if (!pads) throw node.unsupported("its padding depends on extents that are not known");
      const spread = b.constant(int64([0, ...pads.before, 0, 0, ...pads.after, 0]), "pads");
      const padded = b.add("Pad", [batch, spread, b.constant(scalar(LOWEST), "lowest")]);
      return b.add("Max", shifts(b, padded, filter, sliding));
    });
  },
  { becomes: "Slice, Add and Max, one of each for every place of the filter" },
);

/** For each place of the filter, what of the image lies under it, plus its weight. */
function shifts(b: GraphBuilder, x: Value, filter: Value, sliding: Sliding): Value[] {
  const { kernel, strides, dilations } = sliding;
  const reach = reaches(sliding);
  const [rows, columns] = kernel as [number, number];
  const part = (i: number, place: number) => {
    const start = place * dilations[i]!;
    const left = reach[i]! - 1 - start;
    return { axis: i + 1, start, end: left === 0 ? Number.POSITIVE_INFINITY : -left, step: strides[i]! };
  };
  return Array.from({ length: rows * columns }, (_, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    const weight = slice(b, filter, [
      { axis: 0, start: row, end: row + 1 },
      { axis: 1, start: column, end: column + 1 },
    ]);
    return b.add("Add", [slice(b, x, [part(0, row), part(1, column)]), weight]);
  });
}
