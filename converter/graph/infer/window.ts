import { intOf, intsOf, stringOf } from "../attributes.js";
import { ceilDivide, floorDivide, plus, times } from "../dims.js";
import type { Dim } from "../types.js";
import { type InferenceContext, misfit, registerInference } from "./registry.js";

/** Operators that slide a window over the spatial axes of [N, C, ...]. */

interface Window {
  kernel: number[];
  strides: number[];
  dilations: number[];
  /** Before each axis, then after each axis. */
  pads: number[];
  autoPad: string;
}

function windowOf({ node }: InferenceContext, kernel: number[]): Window {
  const rank = kernel.length;
  return {
    kernel,
    strides: intsOf(node, "strides") ?? Array<number>(rank).fill(1),
    dilations: intsOf(node, "dilations") ?? Array<number>(rank).fill(1),
    pads: intsOf(node, "pads") ?? Array<number>(2 * rank).fill(0),
    autoPad: stringOf(node, "auto_pad", "NOTSET"),
  };
}

function slide(context: InferenceContext, space: Dim[], window: Window): Dim[] {
  const ceiling = intOf(context.node, "ceil_mode", 0) === 1;
  return space.map((extent, i) => {
    const stride = window.strides[i]!;
    const reach = (window.kernel[i]! - 1) * window.dilations[i]! + 1;
    if (window.autoPad.startsWith("SAME")) return ceilDivide(extent, stride);
    const padded = plus(extent, window.pads[i]! + window.pads[i + space.length]!);
    const span = plus(padded, -reach);
    if (typeof span === "number" && span < 0) throw misfit(context, "the window is larger than what it slides over");
    const count = plus((ceiling ? ceilDivide : floorDivide)(span, stride), 1);
    // A last window that would begin behind the padding is left out.
    const isBehind =
      ceiling &&
      typeof count === "number" &&
      typeof extent === "number" &&
      (count - 1) * stride >= extent + window.pads[i]!;
    return isBehind ? count - 1 : count;
  });
}

registerInference(["Conv"], (context) => {
  const [x, w] = context.types;
  if (!x || !w) return [undefined];
  const group = intOf(context.node, "group", 1);
  const [channels, fan] = [x.shape[1], w.shape[1]];
  if (typeof channels === "number" && typeof fan === "number" && channels !== fan * group) {
    throw misfit(context, `the weights take ${fan * group} channels`);
  }
  const space = slide(context, x.shape.slice(2), windowOf(context, w.shape.slice(2) as number[]));
  return [{ dtype: x.dtype, shape: [x.shape[0]!, w.shape[0]!, ...space] }];
});

registerInference(["MaxPool", "AveragePool", "LpPool"], (context) => {
  const [x] = context.types;
  if (!x) return [undefined];
  const space = slide(context, x.shape.slice(2), windowOf(context, intsOf(context.node, "kernel_shape")!));
  const shape = [...x.shape.slice(0, 2), ...space];
  return [
    { dtype: x.dtype, shape },
    { dtype: "int64", shape },
  ];
});

registerInference(["GlobalAveragePool", "GlobalMaxPool"], ({ types: [x] }) => [
  x && { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...x.shape.slice(2).map(() => 1)] },
]);

registerInference(["ConvTranspose"], (context) => {
  const [x, w] = context.types;
  if (!x || !w) return [undefined];
  const group = intOf(context.node, "group", 1);
  const window = windowOf(context, w.shape.slice(2) as number[]);
  const rank = window.kernel.length;
  const extra = intsOf(context.node, "output_padding") ?? Array<number>(rank).fill(0);
  const wanted = intsOf(context.node, "output_shape");
  const space = x.shape.slice(2).map((extent, i) => {
    if (wanted) return wanted[i]!;
    if (window.autoPad.startsWith("SAME")) return times(extent, window.strides[i]!);
    const reach = (window.kernel[i]! - 1) * window.dilations[i]! + 1;
    return plus(
      times(plus(extent, -1), window.strides[i]!),
      reach + extra[i]! - window.pads[i]! - window.pads[i + rank]!,
    );
  });
  return [{ dtype: x.dtype, shape: [x.shape[0]!, times(w.shape[1]!, group), ...space] }];
});
