import { cast } from "../../emit/cast.js";
import { inBatch, inChannelsFirst } from "../../emit/layout.js";
import { extent, extents, slice } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { times } from "../../graph/dims.js";
import { float32, int64, scalar } from "../../graph/tensor.js";
import type { Dim } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

interface Mode {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

function modeOf({ attributes, invalid }: OperatorContext): Mode {
  const alignCorners = attributes.bool("align_corners", false);
  const halfPixelCenters = attributes.bool("half_pixel_centers", false);
  if (alignCorners && halfPixelCenters) throw invalid("it aligns corners and takes the centres of pixels");
  return { alignCorners, halfPixelCenters };
}

registerOperator(
  "ResizeBilinear",
  (node) => {
    const { b } = node;
    const { alignCorners, halfPixelCenters } = modeOf(node);
    const transformation = alignCorners ? "align_corners" : halfPixelCenters ? "half_pixel" : "asymmetric";
    const attributes = { mode: "linear", coordinate_transformation_mode: transformation };
    return inBatch(b, cast(b, node.x, "float32"), 4, (images) =>
      inChannelsFirst(b, images, "channelsLast", (first) => {
        const scales = scalesFor(first.shape.slice(2), node.contents(1));
        if (scales) {
          return b.add("Resize", [first, undefined, b.constant(float32([1, 1, ...scales]), "scales")], attributes);
        }
        const sizes = b.add("Concat", [extents(b, first, 0, 2), cast(b, node.input(1), "int64")], { axis: 0 });
        return b.add("Resize", [first, undefined, undefined, sizes], attributes);
      }),
    );
  },
  { becomes: "Resize" },
);

/** Factors that give exactly the wanted extents, where they can be told. */
function scalesFor(have: Dim[], wanted: Dim[] | undefined): number[] | undefined {
  const scales = have.map((extent, i) => {
    const size = wanted?.[i];
    if (typeof extent !== "number" || typeof size !== "number") return wholeFactor(extent, size);
    const scale = Math.fround(size / extent);
    return Math.floor(Math.fround(extent * scale)) === size ? scale : undefined;
  });
  return scales.every((scale) => scale !== undefined) ? scales : undefined;
}

/** From the next factor on, TensorFlow.js's arithmetic may miss the nearest pixel. */
const LARGEST_FACTOR = 48;

/** wanted / have, where that is a whole number. */
function wholeFactor(have: Dim, wanted: Dim | undefined): number | undefined {
  for (let factor = 1; factor <= LARGEST_FACTOR; factor++) if (times(have, factor) === wanted) return factor;
  return undefined;
}

registerOperator(
  "ResizeNearestNeighbor",
  (node) => {
    const { b, x } = node;
    const mode = modeOf(node);
    if (x.dtype !== "float32" && x.dtype !== "int32") throw node.unsupported(`TensorFlow.js resizes no ${x.dtype}`);
    return inBatch(b, x, 4, (images) => {
      const wanted = node.contents(1);
      const [height, width] = [0, 1].map((i) => wholeFactor(images.shape[i + 1]!, wanted?.[i]));
      if (!mode.alignCorners && height && width) {
        const scales = b.constant(float32([1, 1, height, width]), "scales");
        const attributes = { mode: "nearest", nearest_mode: "floor", coordinate_transformation_mode: "asymmetric" };
        return inChannelsFirst(b, images, "channelsLast", (first) =>
          b.add("Resize", [first, undefined, scales], attributes),
        );
      }
      const rows = b.add("Gather", [images, nearest(node, images, 1, mode)], { axis: 1 });
      return b.add("Gather", [rows, nearest(node, images, 2, mode)], { axis: 2 });
    });
  },
  { becomes: "Resize by whole factors, else Gather" },
);

/** Longer lists of pixels are made at run time, so that the file stays small. */
const MOST_LISTED = 2 ** 16;

/**
 * The pixels along an axis that TensorFlow.js takes, in its float64 arithmetic: where a new pixel lies between two old
 * ones, its rounding decides.
 */
function nearest(node: OperatorContext, images: Value, axis: number, mode: Mode): Value {
  const { b } = node;
  const [have, wanted] = [images.shape[axis]!, node.contents(1)?.[axis - 1]];
  if (typeof have === "number" && typeof wanted === "number" && wanted <= MOST_LISTED) {
    return b.constant(int64(nearestPixels(have, wanted, mode)), axis === 1 ? "rows" : "columns");
  }
  const double = (value: Value) => cast(b, value, "float64");
  const number = (value: number) => b.constant(scalar(value, "float64"), "number");
  const size = cast(b, slice(b, node.input(1), [{ axis: 0, start: axis - 1, end: axis }]), "int64");
  const whole = b.add("Squeeze", [size, b.constant(int64([0]), "axes")]);
  const bounds = [b.constant(scalar(0, "int64"), "zero"), whole, b.constant(scalar(1, "int64"), "one")];
  const last = b.add("Sub", [extent(b, images, axis), b.constant(int64([1]), "one")]);
  let ratio = b.add("Div", [double(extent(b, images, axis)), double(size)]);
  if (mode.alignCorners) {
    const steps = b.add("Sub", [size, b.constant(int64([1]), "one")]);
    const several = b.add("Greater", [steps, b.constant(int64([0]), "zero")]);
    ratio = b.add("Where", [several, b.add("Div", [double(last), double(steps)]), ratio]);
  }
  let place = double(b.add("Range", bounds));
  if (mode.halfPixelCenters) place = b.add("Add", [place, number(0.5)]);
  place = b.add("Mul", [place, ratio]);
  if (mode.alignCorners) place = b.add("Add", [place, number(0.5)]);
  return b.add("Min", [cast(b, b.add("Floor", [place]), "int64"), last]);
}

function nearestPixels(have: number, wanted: number, { alignCorners, halfPixelCenters }: Mode): number[] {
  const ratio = alignCorners && wanted > 1 ? (have - 1) / (wanted - 1) : have / wanted;
  return Array.from({ length: wanted }, (_, i) => {
    const place = ratio * (halfPixelCenters ? i + 0.5 : i);
    return Math.min(have - 1, alignCorners ? Math.round(place) : Math.floor(place));
  });
}
