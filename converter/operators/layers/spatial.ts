import { inChannelsFirst } from "../../emit/layout.js";
import { slice } from "../../emit/shape.js";
import { float32, int64 } from "../../graph/tensor.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/** Zeros around the spatial axes. */
registerLayer(
  "ZeroPadding2D",
  ({ b, x, config }) => {
    const [rows, columns] = config.pairs("padding", 1) as [[number, number], [number, number]];
    const last = config.word("dataFormat", "channelsLast") === "channelsLast";
    const pads = (at: 0 | 1) => (last ? [0, rows[at], columns[at], 0] : [0, 0, rows[at], columns[at]]);
    return b.add("Pad", [x, b.constant(int64([...pads(0), ...pads(1)]), "pads")]);
  },
  { becomes: "Pad" },
);

/** Less of the spatial axes. */
registerLayer(
  "Cropping2D",
  ({ b, x, config }) => {
    const first = config.word("dataFormat", "channelsLast") === "channelsFirst" ? 2 : 1;
    const parts = config.pairs("cropping", 0).map(([start, end], i) => ({
      axis: first + i,
      start,
      end: end === 0 ? Number.POSITIVE_INFINITY : -end,
    }));
    return slice(b, x, parts);
  },
  { becomes: "Slice" },
);

/** Spatial axes repeated or interpolated; a pixel's corner, not its centre, is what tfjs scales. */
registerLayer(
  "UpSampling2D",
  ({ b, x, config, unsupported }) => {
    const [rows, columns] = config.numbers("size", 2, 2) as [number, number];
    const interpolation = config.word("interpolation", "nearest");
    if (interpolation !== "nearest" && interpolation !== "bilinear")
      throw unsupported(`interpolation ${interpolation}`);
    const mode = interpolation === "nearest" ? { mode: "nearest", nearest_mode: "floor" } : { mode: "linear" };
    return inChannelsFirst(b, x, config.word("dataFormat", "channelsLast"), (first) =>
      b.add("Resize", [first, undefined, b.constant(float32([1, 1, rows, columns]), "scales")], {
        ...mode,
        coordinate_transformation_mode: "asymmetric",
      }),
    );
  },
  { becomes: "Resize" },
);
