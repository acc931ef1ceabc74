import { gather, resizeImages } from "../../emit/resize.js";
import { scalar } from "../../graph/tensor.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/**
 * The middle of images [N, rows, columns, C], or all of them resized where they are smaller than the crop. TensorFlow.js
 * picks pixels by its cropAndResize, so that a crop is a little stretched.
 */
registerLayer(
  "CenterCrop",
  ({ b, x, config, unsupported }) => {
    const [height, width] = [config.count("height"), config.count("width")];
    const [, rows, columns] = x.shape;
    if (x.shape.length !== 4) throw unsupported(`its input has ${x.shape.length} axes, and images have 4`);
    if (typeof rows !== "number" || typeof columns !== "number") throw unsupported("its images have no fixed size");
    const above = Math.floor((rows - height) / 2);
    const difference = Math.floor((columns - width) / 2);
    // TensorFlow.js never begins at the first of a surplus column.
    const left = columns !== width && difference === 0 ? 1 : difference;
    if (above < 0 || left < 0) {
      if (x.dtype !== "float32") throw unsupported("its images are smaller than the crop, and of whole numbers");
      return resizeImages(b, x, [height, width], "bilinear", false);
    }
    const [down, across] = [picked(rows, height, above), picked(columns, width, left)];
    const pixels = gather(b, gather(b, x, 1, down.map(inside)), 2, across.map(inside));
    if ([...down, ...across].every((place) => place !== undefined)) return pixels;
    const known = down.flatMap((row) => across.map((column) => (row === undefined || column === undefined ? 0 : 1)));
    const mask = b.constant({ dtype: "bool", shape: [height, width, 1], data: Uint8Array.from(known) }, "inside");
    return b.add("Where", [mask, pixels, b.constant(scalar(0, x.dtype), "zero")]);
  },
  {
    becomes: "Gather, or Resize where the image is smaller than the crop",
    limits: "images of fixed size, four axes; whole numbers are cropped, but not enlarged",
  },
);

const inside = (place: number | undefined) => place ?? 0;

/** The rows that cropAndResize takes; undefined where rounding puts one outside, which is then black. */
function picked(extent: number, size: number, start: number): (number | undefined)[] {
  const [from, to] = [Math.fround(start / extent), Math.fround((size + start) / extent)];
  const scale = size > 1 ? ((to - from) * (extent - 1)) / (size - 1) : 0;
  return Array.from({ length: size }, (_, i) => {
    const place = size > 1 ? from * (extent - 1) + i * scale : 0.5 * (from + to) * (extent - 1);
    return place < 0 || place > extent - 1 ? undefined : Math.round(place);
  });
}
