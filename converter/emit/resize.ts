import type { GraphBuilder, Value } from "../graph/builder.js";
import { int64 } from "../graph/tensor.js";
import { cast } from "./cast.js";
import { inChannelsFirst } from "./layout.js";
import { extents } from "./shape.js";

/** Images [N, rows, columns, C] -> [N, size, C] as tf.image.resizeBilinear and resizeNearestNeighbor make them. */
export function resizeImages(
  b: GraphBuilder,
  x: Value,
  [rows, columns]: [number, number],
  method: "bilinear" | "nearest",
  alignCorners: boolean,
): Value {
  if (method === "bilinear") {
    return resize(b, cast(b, x, "float32"), [rows, columns], { mode: "linear" }, alignCorners);
  }
  const [height, width] = x.shape.slice(1) as [number | string, number | string];
  if (typeof height === "string" || typeof width === "string") {
    const nearest_mode = alignCorners ? "round_prefer_ceil" : "floor";
    return resize(b, x, [rows, columns], { mode: "nearest", nearest_mode }, alignCorners);
  }
  // Which pixel is nearest is told exactly here; Resize would round in float32.
  const picked = gather(b, x, 1, nearest(height, rows, alignCorners));
  return gather(b, picked, 2, nearest(width, columns, alignCorners));
}

function resize(
  b: GraphBuilder,
  x: Value,
  [rows, columns]: [number, number],
  mode: Record<string, string>,
  alignCorners: boolean,
): Value {
  return inChannelsFirst(b, x, "channelsLast", (first) => {
    const size = b.constant(int64([rows, columns]), "size");
    const sizes = b.add("Concat", [extents(b, first, 0, 2), size], { axis: 0 });
    const shape = [...first.shape.slice(0, 2), rows, columns];
    return b.addWithBodies("Resize", [first, undefined, undefined, sizes], {}, [{ dtype: x.dtype, shape }], {
      ...mode,
      coordinate_transformation_mode: alignCorners ? "align_corners" : "asymmetric",
    })[0]!;
  });
}

function nearest(from: number, to: number, alignCorners: boolean): number[] {
  const aligned = alignCorners && to > 1;
  const ratio = aligned ? (from - 1) / (to - 1) : from / to;
  return Array.from({ length: to }, (_, i) => {
    const place = ratio * i;
    return Math.min(from - 1, alignCorners ? Math.round(place) : Math.floor(place));
  });
}

/** The rows that are listed, along an axis. */
export function gather(b: GraphBuilder, x: Value, axis: number, indices: number[]): Value {
  return b.add("Gather", [x, b.constant(int64(indices), "indices")], { axis });
}
