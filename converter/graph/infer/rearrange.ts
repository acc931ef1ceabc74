import { intOf, intsOf } from "../attributes.js";
import { broadcastDim, floorDivide, plus, product, quotient, sum, times } from "../dims.js";
import { toNumbers } from "../tensor.js";
import type { Dim, TensorType } from "../types.js";
import {
  axisOf,
  contentsAt,
  type InferenceContext,
  misfit,
  ownSymbols,
  registerInference,
  shapeAt,
} from "./registry.js";

/** Operators that move elements without computing with them. */

registerInference(["Transpose"], ({ node, types: [x] }) => {
  if (!x) return [undefined];
  const order = intsOf(node, "perm") ?? x.shape.map((_, i) => x.shape.length - 1 - i);
  return [{ dtype: x.dtype, shape: order.map((axis) => x.shape[axis]!) }];
});

registerInference(["Reshape"], (context) => {
  const [x] = context.types;
  const wanted = shapeAt(context, 1, -1);
  if (!x || !wanted) return [undefined];
  const copied = intOf(context.node, "allowzero", 0) === 0;
  const shape: Dim[] = wanted.map((extent, i) => (extent === 0 && copied ? x.shape[i]! : extent));
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const others = shape.filter((_, i) => i !== open);
    shape[open] = quotient(x.shape, others) ?? `${product(x.shape)} / (${product(others)})`;
    if (typeof product(x.shape) === "number" && typeof shape[open] === "string") {
      throw misfit(context, `it cannot become [${wanted.join(", ")}]`);
    }
  } else {
    const [before, after] = [product(x.shape), product(shape)];
    if (typeof before === "number" && typeof after === "number" && before !== after) {
      throw misfit(context, `it cannot become [${wanted.join(", ")}]`);
    }
  }
  return [{ dtype: x.dtype, shape }];
});

registerInference(["Flatten"], (context) => {
  const [x] = context.types;
  if (!x) return [undefined];
  const axis = intOf(context.node, "axis", 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  return [{ dtype: x.dtype, shape: [product(x.shape.slice(0, at)), product(x.shape.slice(at))] }];
});

const axesInput = (context: InferenceContext): number[] | undefined =>
  intsOf(context.node, "axes") ?? (context.constants[1] && toNumbers(context.constants[1]));

registerInference(["Unsqueeze"], (context) => {
  const [x] = context.types;
  const axes = axesInput(context);
  if (!x || !axes) return [undefined];
  const rank = x.shape.length + axes.length;
  const added = new Set(axes.map((axis) => axisOf(context, axis, rank)));
  const left = [...x.shape];
  return [{ dtype: x.dtype, shape: Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : left.shift()!)) }];
});

registerInference(["Squeeze"], (context) => {
  const [x] = context.types;
  if (!x) return [undefined];
  const axes = axesInput(context);
  if (!axes && context.node.inputs[1]) return [undefined];
  const dropped = axes && new Set(axes.map((axis) => axisOf(context, axis, x.shape.length)));
  const shape = x.shape.filter((dim, i) => (dropped ? !dropped.has(i) : dim !== 1));
  return [{ dtype: x.dtype, shape }];
});

registerInference(["Concat"], (context) => {
  const known = context.types.filter((type) => type !== undefined);
  if (known.length < context.types.length || known.length === 0) return [undefined];
  const [
    {
      dtype,
      shape: { length: rank },
    },
  ] = known as [TensorType];
  if (known.some((type) => type.dtype !== dtype)) throw misfit(context, "their types differ");
  if (known.some((type) => type.shape.length !== rank)) throw misfit(context, "they differ in how many axes they have");
  const axis = axisOf(context, intOf(context.node, "axis", 0), rank);
  const shape = known[0]!.shape.map((first, i) => {
    const dims = known.map((type) => type.shape[i]!);
    if (i === axis) return sum(dims);
    const fixed = dims.filter((dim) => typeof dim === "number");
    if (fixed.some((dim) => dim !== fixed[0])) throw misfit(context, `they differ along axis ${i}`);
    return fixed[0] ?? first;
  });
  return [{ dtype, shape }];
});

registerInference(["Split"], (context) => {
  const [x] = context.types;
  if (!x) return [];
  const axis = axisOf(context, intOf(context.node, "axis", 0), x.shape.length);
  const sizes = intsOf(context.node, "split") ?? contentsAt(context, 1);
  const whole = x.shape[axis]!;
  const unknown = context.node.inputs[1] && !sizes ? ownSymbols(context, context.outputs) : undefined;
  return Array.from({ length: context.outputs }, (_, i) => {
    const equal = typeof whole === "number" ? Math.ceil(whole / context.outputs) : `${whole} / ${context.outputs}`;
    const last = typeof whole === "number" ? whole - Math.ceil(whole / context.outputs) * i : equal;
    const part = (sizes ?? unknown)?.[i] ?? (i === context.outputs - 1 ? last : equal);
    return { dtype: x.dtype, shape: x.shape.map((dim, j) => (j === axis ? part : dim)) };
  });
});

registerInference(["Slice"], (context) => {
  const [x] = context.types;
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) => contentsAt(context, i));
  const count = context.types[1]?.shape[0];
  if (!x || typeof count !== "number" || (context.node.inputs[3] && !axes)) return [undefined];
  const shape = [...x.shape];
  const unknown = ownSymbols(context, count);
  for (let i = 0; i < count; i++) {
    const axis = axisOf(context, Number(axes?.[i] ?? i), shape.length);
    const [start, end, step] = [starts?.[i], ends?.[i], context.node.inputs[4] ? steps?.[i] : 1];
    const numeric = typeof start === "number" && typeof step === "number";
    shape[axis] = (numeric && end !== undefined ? sliced(x.shape[axis]!, start, end, step) : undefined) ?? unknown[i]!;
  }
  return [{ dtype: x.dtype, shape }];
});

/** Larger than any extent: stands for "to the end". */
const END = 2 ** 31 - 1;

function sliced(extent: Dim, start: number, end: Dim, step: number): Dim | undefined {
  if (typeof end === "string") {
    if (step !== 1 || start < 0) return undefined;
    return end === extent || typeof extent === "string" ? plus(end, -start) : undefined;
  }
  if (typeof extent === "number") {
    const low = step > 0 ? 0 : -1;
    const high = step > 0 ? extent : extent - 1;
    const from = Math.min(Math.max(start < 0 ? start + extent : start, step > 0 ? 0 : -1), high);
    const to = Math.min(Math.max(end < 0 ? end + extent : end, low), step > 0 ? extent : extent - 1);
    return Math.max(0, Math.ceil((to - from) / step));
  }
  if (step === -1 && start === -1 && end <= -END) return extent;
  if (step === 1 && start >= 0 && end >= END) return plus(extent, -start);
  if (step === 1 && start >= 0 && end < 0) return plus(extent, end - start);
  if (step === 1 && start < 0 && end >= END) return -start;
  return `slice(${extent}, ${start}, ${end}, ${step})`;
}

registerInference(["Pad"], (context) => {
  const [x] = context.types;
  const pads = context.constants[1] && toNumbers(context.constants[1]);
  if (!x || (context.node.inputs[3] && !context.constants[3])) return [undefined];
  if (!pads) return [{ dtype: x.dtype, shape: ownSymbols(context, x.shape.length) }];
  const rank = x.shape.length;
  const axes = (context.constants[3] ? toNumbers(context.constants[3]) : x.shape.map((_, i) => i)).map((axis) =>
    axisOf(context, axis, rank),
  );
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    shape[axis] = plus(shape[axis]!, pads[i]! + pads[i + axes.length]!);
  });
  return [{ dtype: x.dtype, shape }];
});

registerInference(["Expand"], (context) => {
  const [x] = context.types;
  const wanted = shapeAt(context, 1);
  if (!x || !wanted) return [undefined];
  const rank = Math.max(wanted.length, x.shape.length);
  const shape = Array.from({ length: rank }, (_, i) => {
    const [own, other] = [x.shape[i - rank + x.shape.length] ?? 1, wanted[i - rank + wanted.length] ?? 1];
    const dim = broadcastDim(own, other);
    if (dim === undefined) throw misfit(context, `it cannot be expanded to [${wanted.join(", ")}]`);
    return dim;
  });
  return [{ dtype: x.dtype, shape }];
});

registerInference(["Tile"], (context) => {
  const [x] = context.types;
  const repeats = shapeAt(context, 1);
  if (!x || !repeats) return [undefined];
  return [{ dtype: x.dtype, shape: x.shape.map((dim, i) => product([dim, repeats[i]!])) }];
});

registerInference(["Gather"], (context) => {
  const [x, indices] = context.types;
  if (!x || !indices) return [undefined];
  const axis = axisOf(context, intOf(context.node, "axis", 0), x.shape.length);
  return [{ dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] }];
});

registerInference(["Shape"], ({ types: [x], node }) => {
  if (!x) return [undefined];
  const [start, end] = [intOf(node, "start", 0), intOf(node, "end", x.shape.length)];
  return [{ dtype: "int64", shape: [x.shape.slice(start, end).length] }];
});
registerInference(["Size"], () => [{ dtype: "int64", shape: [] }]);

registerInference(["Resize"], (context) => {
  const {
    types: [x],
    constants,
  } = context;
  // Sizes of some axes alone, and of pictures that keep their aspect, are not told.
  const { axes, keep_aspect_ratio_policy: policy } = context.node.attributes;
  if (!x || axes || policy) return [undefined];
  const sizes = context.node.inputs[3] ? shapeAt(context, 3) : undefined;
  if (sizes) return [{ dtype: x.dtype, shape: sizes.length === x.shape.length ? sizes : [] }];
  const scales = constants[2] && toNumbers(constants[2]);
  if (!scales) return [undefined];
  const shape = x.shape.map((dim, i) => {
    const scale = scales[i]!;
    if (typeof dim === "number") return Math.floor(Math.fround(dim * scale));
    return Number.isInteger(scale) ? product([dim, scale]) : `floor(${dim} * ${scale})`;
  });
  return [{ dtype: x.dtype, shape }];
});

registerInference(["ConstantOfShape"], (context) => {
  const shape = shapeAt(context, 0);
  const value = context.node.attributes.value;
  return [shape && { dtype: value?.type === "tensor" ? value.value.dtype : "float32", shape }];
});

registerInference(["Range"], (context) => {
  const [start] = context.types;
  const [from, to, step] = [0, 1, 2].map((i) => contentsAt(context, i)?.[0]);
  if (!start) return [undefined];
  const known = typeof from === "number" && typeof to === "number" && typeof step === "number" && step !== 0;
  if (known) return [{ dtype: start.dtype, shape: [Math.max(0, Math.ceil((to - from) / step))] }];
  const whole = from === 0 && step === 1 && to !== undefined ? [to] : ownSymbols(context, 1);
  return [{ dtype: start.dtype, shape: whole }];
});

registerInference(["GatherElements"], ({ types: [x, indices] }) => [
  x && indices && { dtype: x.dtype, shape: indices.shape },
]);
registerInference(["ScatterND", "ScatterElements", "ReverseSequence"], ({ types: [x] }) => [x]);

registerInference(["GatherND"], ({ node, types: [x, indices] }) => {
  const depth = indices?.shape.at(-1);
  if (!x || !indices || typeof depth !== "number") return [undefined];
  const rest = x.shape.slice(intOf(node, "batch_dims", 0) + depth);
  return [{ dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...rest] }];
});

registerInference(["OneHot"], (context) => {
  const [indices, , values] = context.types;
  const depth = contentsAt(context, 1)?.[0];
  if (!indices || !values) return [undefined];
  const rank = indices.shape.length + 1;
  const axis = axisOf(context, intOf(context.node, "axis", -1), rank);
  const shape = [...indices.shape];
  shape.splice(axis, 0, depth ?? ownSymbols(context, 1)[0]!);
  return [{ dtype: values.dtype, shape }];
});

registerInference(["DepthToSpace"], ({ node, types: [x] }) => {
  const [n, c, h, w] = x?.shape ?? [];
  const block = intOf(node, "blocksize", 1);
  if (!x || typeof c !== "number") return [undefined];
  return [{ dtype: x.dtype, shape: [n!, c / block ** 2, times(h!, block), times(w!, block)] }];
});

registerInference(["SpaceToDepth"], ({ node, types: [x] }) => {
  const [n, c, h, w] = x?.shape ?? [];
  const block = intOf(node, "blocksize", 1);
  if (!x) return [undefined];
  return [{ dtype: x.dtype, shape: [n!, times(c!, block ** 2), floorDivide(h!, block), floorDivide(w!, block)] }];
});
