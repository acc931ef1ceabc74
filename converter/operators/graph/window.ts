import type { Pads, Sliding } from "../../emit/window.js";
import type { Value } from "../../graph/builder.js";
import type { OperatorContext } from "../../read/graph-model/registry.js";

/** The attributes by which convolutions and pools of a GraphDef slide. */

/**
 * Strides and dilations of the spatial axes. TensorFlow.js reads them behind the first entry of the list whatever the
 * data format.
 */
export function spatial(node: OperatorContext, name: string, rank: number, otherwise?: number): number[] {
  const list = node.attributes.ints(name, otherwise === undefined ? [] : Array<number>(rank + 2).fill(otherwise));
  const values = list.slice(1, rank + 1);
  if (values.length !== rank || values.some((value) => value < 1)) {
    throw node.invalid(`its "${name}" is [${list.join(", ")}]`);
  }
  return values;
}

/** @param format where explicit padding is known, the data format that tells which axes are padded */
export function paddingOf(node: OperatorContext, format?: "NHWC" | "NCHW"): Sliding["padding"] {
  const padding = node.attributes.string("padding", "").toLowerCase();
  if (padding === "same" || padding === "valid") return padding;
  if (padding !== "explicit" || !format) throw node.unsupported(`its padding is "${padding}"`);
  const list = node.attributes.ints("explicit_paddings", []);
  if (list.length !== 8) throw node.invalid(`its "explicit_paddings" is [${list.join(", ")}]`);
  const first = format === "NHWC" ? 2 : 4;
  return { before: [list[first]!, list[first + 2]!], after: [list[first + 1]!, list[first + 3]!] } satisfies Pads;
}

/** The node's data format; those that TensorFlow.js does not compute are refused. */
export function formatOf(node: OperatorContext, known: readonly string[]): string {
  const format = node.attributes.string("data_format", known[0]!).toUpperCase();
  if (!known.includes(format)) throw node.unsupported(`TensorFlow.js computes no ${format} here`);
  return format;
}

/** The extents of a filter or window's axes, which must be known. */
export function filterShape(node: OperatorContext, filter: Value, rank: number): number[] {
  const { shape } = filter;
  if (shape.length !== rank) throw node.invalid(`its filter has ${shape.length} axes, not ${rank}`);
  if (shape.some((extent) => typeof extent === "string")) throw node.unsupported("its filter's shape is not known");
  return shape as number[];
}

/** The input, which TensorFlow.js computes it of in float32 alone. */
export function requireFloat(node: OperatorContext, x: Value, ranks?: readonly number[]): Value {
  if (x.dtype !== "float32") throw node.unsupported(`TensorFlow.js computes it of float32 alone, not of ${x.dtype}`);
  if (ranks && !ranks.includes(x.shape.length)) throw node.invalid(`its input has ${x.shape.length} axes`);
  return x;
}
