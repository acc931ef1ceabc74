import { cast } from "../../emit/cast.js";
import { countTo, pixelsAt } from "../../emit/sample.js";
import { extent, slice, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { registerOperator } from "../../read/graph-model/registry.js";
import { requireFloat } from "./window.js";

/**
 * Each pixel (x, y) of the result is taken at ((a x + b y + c) / p, (d x + e y + f) / p) of the image, p = g x + h y + 1,
 * computed in float64 as TensorFlow.js does.
 */
registerOperator(
  "ImageProjectiveTransformV3",
  (node) => {
    const { b, attributes } = node;
    const images = requireFloat(node, node.x, [4]);
    const transforms = cast(b, requireFloat(node, node.input(1), [2]), "float64");
    const size = cast(b, node.input(2), "int64");
    const fill = cast(b, node.input(3), "float32");
    const interpolation = attributes.string("interpolation", "").toLowerCase();
    if (interpolation !== "nearest" && interpolation !== "bilinear") {
      throw node.unsupported(`its interpolation is "${interpolation}"`);
    }
    const mode = attributes.string("fill_mode", "constant").toLowerCase();
    const m = doubles(b);
    const counted = (axis: 0 | 1, axes: number[]) =>
      unsqueeze(b, m.of(countTo(b, slice(b, size, [{ axis: 0, start: axis, end: axis + 1 }]))), axes);
    const [y, x] = [counted(0, [0, 2]), counted(1, [0, 1])]; // [1, h, 1], [1, 1, w]
    const factors = Array.from({ length: 8 }, (_, i) =>
      unsqueeze(b, slice(b, transforms, [{ axis: 1, start: i, end: i + 1 }]), [2]),
    );
    const linear = (i: number) => m.add(m.multiply(factors[i]!, x), m.multiply(factors[i + 1]!, y));
    const projection = m.add(linear(6), m.number(1));
    const finite = b.add("Not", [b.add("Equal", [projection, m.number(0)])]);
    const divisor = b.add("Where", [finite, projection, m.number(1)]);
    const along = (i: number, axis: number) => {
      const place = m.divide(m.add(linear(i), factors[i + 2]!), divisor);
      const size = m.of(extent(b, images, axis));
      return axisOf(b, mapped(b, place, size, mode), size);
    };
    const [columns, rows] = [along(0, 2), along(3, 1)];
    const image = unsqueeze(b, countTo(b, extent(b, images, 0)), [1, 2]);
    const read = (row: Place, column: Place) => {
      const inside = unsqueeze(b, b.add("And", [row.inside, column.inside]), [3]);
      return b.add("Where", [inside, pixelsAt(b, images, image, row.index, column.index), fill]);
    };
    const mix = (axis: typeof rows, low: Value, high: Value) => {
      const [share, rest] = axis.shares();
      return b.add("Add", [b.add("Mul", [rest, low]), b.add("Mul", [share, high])]);
    };
    const bilinear = () => {
      const [top, bottom, left, right] = [rows.floor(), rows.floor(1), columns.floor(), columns.floor(1)];
      const upper = mix(columns, read(top, left), read(top, right));
      return mix(rows, upper, mix(columns, read(bottom, left), read(bottom, right)));
    };
    const value = interpolation === "nearest" ? read(rows.nearest(), columns.nearest()) : bilinear();
    return b.add("Where", [unsqueeze(b, finite, [3]), value, fill]);
  },
  { becomes: "Gather at places that are computed" },
);

/** Arithmetic in float64. */
function doubles(b: GraphBuilder) {
  const binary = (op: string) => (left: Value, right: Value) => b.add(op, [left, right]);
  return {
    of: (value: Value) => cast(b, value, "float64"),
    number: (value: number) => b.constant(scalar(value, "float64"), "number"),
    add: binary("Add"),
    subtract: binary("Sub"),
    multiply: binary("Mul"),
    divide: binary("Div"),
  };
}

interface Place {
  /** Within the image, whether the place is or not. */
  index: Value;
  inside: Value;
}

/** Whole places around the ones computed along an axis. */
function axisOf(b: GraphBuilder, place: Value, extent: Value) {
  const m = doubles(b);
  const last = m.subtract(extent, m.number(1));
  const floor = b.add("Floor", [place]);
  const at = (whole: Value): Place => ({
    inside: b.add("And", [b.add("GreaterOrEqual", [whole, m.number(0)]), b.add("LessOrEqual", [whole, last])]),
    index: cast(b, clamp(b, whole, last), "int64"),
  });
  return {
    nearest: () => at(b.add("Floor", [m.add(place, m.number(0.5))])),
    floor: (offset = 0) => at(offset === 0 ? floor : m.add(floor, m.number(offset))),
    /** Of the pixel behind and of the one before. */
    shares: (): [Value, Value] => {
      const share = cast(b, unsqueeze(b, m.subtract(place, floor), [3]), "float32");
      return [share, b.add("Sub", [b.constant(scalar(1), "one"), share])];
    },
  };
}

const clamp = (b: GraphBuilder, x: Value, last: Value) =>
  b.add("Min", [b.add("Max", [x, b.constant(scalar(0, "float64"), "zero")]), last]);

/** Places outside of the image as places within it. */
function mapped(b: GraphBuilder, place: Value, extent: Value, mode: string): Value {
  const m = doubles(b);
  const last = m.subtract(extent, m.number(1));
  if (mode === "nearest") return clamp(b, place, last);
  if (mode !== "reflect" && mode !== "wrap") return place;
  const before = b.add("Less", [place, m.number(0)]);
  const behind = b.add("Greater", [place, last]);
  const minus = b.add("Neg", [place]);
  const times = (x: Value, period: Value) => b.add("Floor", [m.divide(x, period)]);
  let low: Value;
  let high: Value;
  if (mode === "reflect") {
    const period = m.multiply(extent, m.number(2));
    const up = m.add(m.multiply(period, times(minus, period)), place);
    const far = b.add("Less", [up, b.add("Neg", [extent])]);
    low = b.add("Where", [far, m.add(up, period), m.subtract(b.add("Neg", [up]), m.number(1))]);
    const down = m.subtract(place, m.multiply(period, times(place, period)));
    const turned = m.subtract(m.subtract(period, down), m.number(1));
    high = b.add("Where", [b.add("GreaterOrEqual", [down, extent]), turned, down]);
  } else {
    const period = b.add("Max", [last, m.number(1)]);
    low = m.add(place, m.multiply(extent, m.add(times(minus, period), m.number(1))));
    high = m.subtract(place, m.multiply(extent, times(place, period)));
  }
  return clamp(b, b.add("Where", [before, low, b.add("Where", [behind, high, place])]), last);
}
