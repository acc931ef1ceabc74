import { cast } from "../../emit/cast.js";
import { between, pixelsAt } from "../../emit/sample.js";
import { extent, slice, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { registerOperator } from "../../read/graph-model/registry.js";

/**
 * Boxes of images, each resized to one size. The places are computed in float64, as TensorFlow.js does: whether one lies
 * just outside of the image depends on the last bit.
 */
registerOperator(
  "CropAndResize",
  (node) => {
    const { b, attributes } = node;
    const images = cast(b, node.x, "float32");
    if (images.shape.length !== 4) throw node.invalid(`its input has ${images.shape.length} axes`);
    const boxes = cast(b, cast(b, node.input(1), "float32"), "float64");
    const image = cast(b, node.input(2), "int64");
    const [height = 0, width = 0] = node.numbers(3, "crop size").map((size) => node.count(size, "crop size"));
    const method = attributes.string("method", "bilinear").toLowerCase();
    if (method !== "bilinear" && method !== "nearest") throw node.unsupported(`its method is ${method}`);
    const rows = placesAlong(b, images, boxes, 0, height); // [boxes, height]
    const columns = placesAlong(b, images, boxes, 1, width); // [boxes, width]
    const down = (value: Value) => unsqueeze(b, value, [2]);
    const across = (value: Value) => unsqueeze(b, value, [1]);
    const batch = extent(b, images, 0);
    const inBatch = b.add("Less", [image, batch]);
    const last = b.add("Sub", [batch, b.constant(int64([1]), "one")]);
    const chosen = unsqueeze(b, b.add("Min", [image, last]), [1, 2]);
    const at = (y: Value, x: Value) => pixelsAt(b, images, chosen, down(y), across(x));
    const sample = () => {
      if (method === "nearest") return at(rows.nearest(), columns.nearest());
      const share = (value: Value) => unsqueeze(b, value, [3]);
      const [top, bottom, left, right] = [rows.floor(), rows.ceil(), columns.floor(), columns.ceil()];
      const acrossShare = share(across(columns.share()));
      const upper = between(b, at(top, left), at(top, right), acrossShare);
      const lower = between(b, at(bottom, left), at(bottom, right), acrossShare);
      return between(b, upper, lower, share(down(rows.share())));
    };
    const inside = unsqueeze(b, b.add("And", [down(rows.inside), across(columns.inside)]), [3]);
    const outside = b.constant(scalar(attributes.float("extrapolation_value", 0)), "extrapolation_value");
    const cropped = b.add("Where", [inside, sample(), outside]);
    // Boxes of images that do not exist are black.
    const black = b.constant(scalar(0), "black");
    return b.add("Where", [unsqueeze(b, inBatch, [1, 2, 3]), cropped, black]);
  },
  { becomes: "Gather at places that are computed", limits: "crop sizes computed at run time" },
);

/** Where the pixels of the crops lie along an axis of the image, all [boxes, size]. */
function placesAlong(b: GraphBuilder, images: Value, boxes: Value, axis: 0 | 1, size: number) {
  const number = (value: number) => b.constant(scalar(value, "float64"), "number");
  const [start, end] = [axis, axis + 2].map((i) => slice(b, boxes, [{ axis: 1, start: i, end: i + 1 }]));
  const lastIndex = b.add("Sub", [extent(b, images, axis + 1), b.constant(int64([1]), "one")]);
  const last = cast(b, lastIndex, "float64");
  let place: Value;
  if (size > 1) {
    const span = b.add("Mul", [b.add("Sub", [end!, start!]), last]);
    const step = b.add("Div", [span, number(size - 1)]);
    const steps = b.constant({
      dtype: "float64",
      shape: [size],
      data: Float64Array.from({ length: size }, (_, i) => i),
    });
    place = b.add("Add", [b.add("Mul", [start!, last]), b.add("Mul", [steps, step])]);
  } else {
    place = b.add("Mul", [b.add("Mul", [number(0.5), b.add("Add", [start!, end!])]), last]);
  }
  const inside = b.add("And", [b.add("GreaterOrEqual", [place, number(0)]), b.add("LessOrEqual", [place, last])]);
  const within = b.add("Where", [inside, place, number(0)]);
  const floor = b.add("Floor", [within]);
  return {
    inside,
    floor: () => cast(b, floor, "int64"),
    ceil: () => cast(b, b.add("Ceil", [within]), "int64"),
    share: () => cast(b, b.add("Sub", [within, floor]), "float32"),
    nearest: () => cast(b, b.add("Floor", [b.add("Add", [within, number(0.5)])]), "int64"),
  };
}
