import { cast } from "../../emit/cast.js";
import { inBatch, toChannelsFirst, toChannelsLast } from "../../emit/layout.js";
import { extent, unsqueeze } from "../../emit/shape.js";
import { leapless, type Sliding, slidingAttributes } from "../../emit/window.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64 } from "../../graph/tensor.js";
import type { DType } from "../../graph/types.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { paddingOf, requireFloat, spatial } from "./window.js";

function slidingOf(node: OperatorContext, rank: number): Sliding {
  // TensorFlow.js pools the axes behind the first, whatever the data format.
  if (node.attributes.string("data_format", "").toUpperCase().startsWith("NC")) {
    node.warn("its data format has no effect, as in TensorFlow.js");
  }
  const kernel = spatial(node, "ksize", rank);
  return { kernel, strides: spatial(node, "strides", rank), dilations: kernel.map(() => 1), padding: paddingOf(node) };
}

function windows(node: OperatorContext, x: Value, rank: 2 | 3): { x: Value; sliding: Sliding } {
  const sliding = slidingOf(node, rank);
  return rank === 3 ? leapless(node, x, sliding) : { x, sliding };
}

function requireRank(node: OperatorContext, ranks: number[]): Value {
  if (!ranks.includes(node.x.shape.length)) throw node.invalid(`its input has ${node.x.shape.length} axes`);
  return node.x;
}

/** Types in which onnxruntime finds the maximum of each type: float64 holds every int32. */
const POOLED: Partial<Record<DType, DType>> = { float32: "float32", int32: "float64", bool: "float32" };

function poolable(node: OperatorContext, x: Value): Value {
  const dtype = POOLED[x.dtype];
  if (!dtype) throw node.unsupported(`it pools ${x.dtype}`);
  return cast(node.b, x, dtype);
}

const averages =
  (rank: 2 | 3): LowerOperator =>
  (node) => {
    const { b } = node;
    return inBatch(b, requireFloat(node, node.x, [rank + 1, rank + 2]), rank + 2, (batch) => {
      const { x, sliding } = windows(node, toChannelsFirst(b, batch), rank);
      return toChannelsLast(b, b.add("AveragePool", [x], slidingAttributes(x, sliding)));
    });
  };

registerOperator("AvgPool", averages(2), { becomes: "AveragePool" });
registerOperator("AvgPool3D", averages(3), { becomes: "AveragePool" });

const maxima =
  (rank: 2 | 3): LowerOperator =>
  (node) => {
    const { b } = node;
    const input = requireRank(node, [rank + 1, rank + 2]);
    const y = inBatch(b, poolable(node, input), rank + 2, (batch) => {
      const { x, sliding } = windows(node, toChannelsFirst(b, batch), rank);
      return toChannelsLast(b, b.add("MaxPool", [x], slidingAttributes(x, sliding)));
    });
    // TensorFlow.js gives the maxima of volumes as floats.
    return cast(b, y, rank === 2 ? input.dtype : "float32");
  };

registerOperator("MaxPool", maxima(2), { becomes: "MaxPool" });
registerOperator("MaxPool3D", maxima(3), { becomes: "MaxPool" });

registerOperator(
  "MaxPoolWithArgmax",
  (node) => {
    const { b, attributes } = node;
    const input = requireRank(node, [4]);
    const first = toChannelsFirst(b, poolable(node, input));
    const [y, places] = b.addMany("MaxPool", [first], 2, slidingAttributes(first, slidingOf(node, 2)));
    const inBatches = attributes.bool("include_batch_in_index", false);
    return [
      cast(b, toChannelsLast(b, y!), input.dtype),
      cast(b, toChannelsLast(b, channelsLastPlaces(b, first, places!, inBatches)), "int32"),
    ];
  },
  { becomes: "MaxPool with indices" },
);

/** Places in [N, C, H, W] counted as in [N, H, W, C], or in each image of it. */
function channelsLastPlaces(b: GraphBuilder, first: Value, places: Value, inBatches: boolean): Value {
  const channels = extent(b, first, 1);
  const [zero, one] = [b.constant(int64([0], []), "zero"), b.constant(int64([1], []), "one")];
  const count = b.add("Squeeze", [channels, b.constant(int64([0]), "axes")]);
  const channel = unsqueeze(b, b.add("Range", [zero, count, one]), [0, 2, 3]);
  const area = b.add("Mul", [extent(b, first, 2), extent(b, first, 3)]);
  const place = b.add("Add", [b.add("Mul", [b.add("Mod", [places, area]), channels]), channel]);
  if (!inBatches) return place;
  // places / area is image x channels + channel
  const image = b.add("Div", [places, b.add("Mul", [area, channels])]);
  return b.add("Add", [place, b.add("Mul", [image, b.add("Mul", [area, channels])])]);
}
