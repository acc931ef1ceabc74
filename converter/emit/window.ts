import type { ShowtellError } from "../../errors/index.js";
import type { AttributeValue } from "../graph/attributes.js";
import type { GraphBuilder, Value } from "../graph/builder.js";
import { slice } from "./shape.js";

/** Rows of zeros on both sides of each spatial axis. */
export interface Pads {
  before: number[];
  after: number[];
}

/** How a window slides over the spatial axes of [N, C, spatial …]. */
export interface Sliding {
  kernel: number[];
  strides: number[];
  dilations: number[];
  /** TensorFlow's padding: `same` gives ceil(extent / stride) windows, the odd row of zeros at the end. */
  padding: "same" | "valid" | Pads;
}

/** The attributes of Conv, MaxPool or AveragePool. Pads are explicit wherever they can be told without the extent. */
export function slidingAttributes(x: Value, sliding: Sliding) {
  const { kernel, strides, dilations } = sliding;
  const attributes: Record<string, AttributeValue> = { kernel_shape: kernel };
  if (strides.some((stride) => stride !== 1)) attributes.strides = strides;
  if (dilations.some((dilation) => dilation !== 1)) attributes.dilations = dilations;
  const pads = padsOf(x.shape.slice(2), sliding);
  if (!pads) attributes.auto_pad = "SAME_UPPER";
  else if ([...pads.before, ...pads.after].some((rows) => rows !== 0)) {
    attributes.pads = [...pads.before, ...pads.after];
  }
  return attributes;
}

/** Rows of zeros around spatial axes of these extents; undefined where they depend on an extent that is not known. */
export function padsOf(extents: (number | string)[], sliding: Sliding): Pads | undefined {
  const { padding, strides } = sliding;
  if (padding === "valid") return { before: strides.map(() => 0), after: strides.map(() => 0) };
  if (padding !== "same") return padding;
  const totals = reaches(sliding).map((reach, i) => samePadding(extents[i]!, reach, strides[i]!));
  return totals.every((total) => total !== undefined) ? halves(totals.map((total) => Math.max(0, total))) : undefined;
}

/** Extent of the window over each axis, with the gaps that dilation makes. */
export const reaches = ({ kernel, dilations }: Sliding) => kernel.map((extent, i) => (extent - 1) * dilations[i]! + 1);

/** Half of the rows on each side, the odd one at the end. */
export function halves(totals: number[]): Pads {
  const before = totals.map((total) => Math.floor(total / 2));
  return { before, after: totals.map((total, i) => total - before[i]!) };
}

/** Rows of zeros in all along an axis, negative where strides leap over rows; undefined where that cannot be told. */
function samePadding(extent: number | string, reach: number, stride: number): number | undefined {
  if (stride === 1) return reach - 1;
  if (typeof extent === "string") return reach <= 1 ? 0 : undefined;
  return (Math.ceil(extent / stride) - 1) * stride + reach - extent;
}

/** What reads a volume: a layer or a node. */
interface Reader {
  b: GraphBuilder;
  unsupported(reason: string): ShowtellError;
}

/**
 * The volume [N, C, spatial …] without the planes over which strides leap at its border, and how the window slides over
 * what is left. TensorFlow.js moves the windows of `same` padding by half of what strides leap over, where in images they
 * begin at the first row.
 * @throws ShowtellError CONVERT_UNSUPPORTED where that depends on an extent that is not known
 */
export function leapless({ b, unsupported }: Reader, x: Value, sliding: Sliding): { x: Value; sliding: Sliding } {
  const { padding, strides } = sliding;
  const leaps = reaches(sliding).map((reach, i) => reach < strides[i]!);
  if (padding !== "same" || !leaps.includes(true)) return { x, sliding };
  const extents = x.shape.slice(2);
  if (extents.some((extent) => typeof extent === "string")) {
    throw unsupported("its strides leap over planes of a volume whose extents are not known");
  }
  const totals = reaches(sliding).map((reach, i) => samePadding(extents[i]!, reach, strides[i]!)!);
  const pads = halves(totals);
  const parts = totals.flatMap((total, i) =>
    total < 0 ? [{ axis: i + 2, start: -pads.before[i]!, end: (extents[i] as number) + pads.after[i]! }] : [],
  );
  const zeros = (rows: number[]) => rows.map((row, i) => (totals[i]! < 0 ? 0 : row));
  return {
    x: parts.length > 0 ? slice(b, x, parts) : x,
    sliding: { ...sliding, padding: { before: zeros(pads.before), after: zeros(pads.after) } },
  };
}
