import type { AttributeValue } from "../graph/attributes.js";
import type { Value } from "../graph/builder.js";

/** How a window slides over the spatial axes of [N, C, spatial …]. */
export interface Sliding {
  kernel: number[];
  strides: number[];
  dilations: number[];
  /** TensorFlow's padding: `same` gives ceil(extent / stride) windows, the odd row of zeros at the end. */
  padding: "same" | "valid";
}

/** The attributes of Conv, MaxPool or AveragePool. Pads are explicit wherever they can be told without the extent. */
export function slidingAttributes(x: Value, { kernel, strides, dilations, padding }: Sliding) {
  const attributes: Record<string, AttributeValue> = { kernel_shape: kernel };
  if (strides.some((stride) => stride !== 1)) attributes.strides = strides;
  if (dilations.some((dilation) => dilation !== 1)) attributes.dilations = dilations;
  if (padding === "same") {
    const totals = kernel.map((extent, i) => {
      const reach = (extent - 1) * dilations[i]! + 1;
      return samePadding(x.shape[i + 2]!, reach, strides[i]!);
    });
    if (totals.some((total) => total === undefined)) attributes.auto_pad = "SAME_UPPER";
    else if (totals.some((total) => total !== 0)) {
      const before = totals.map((total) => Math.floor(total! / 2));
      attributes.pads = [...before, ...totals.map((total, i) => total! - before[i]!)];
    }
  }
  return attributes;
}

/** Rows of zeros in all along an axis; undefined where they depend on an extent that is not known. */
function samePadding(extent: number | string, reach: number, stride: number): number | undefined {
  if (stride === 1) return reach - 1;
  if (typeof extent === "string") return reach <= 1 ? 0 : undefined;
  const windows = Math.ceil(extent / stride);
  return Math.max(0, (windows - 1) * stride + reach - extent);
}
