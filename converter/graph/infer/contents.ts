import { intOf, intsOf } from "../attributes.js";
import { LONGEST_EXPRESSION, plus, product, quotient, sum } from "../dims.js";
import { sizeOf, toNumbers } from "../tensor.js";
import type { Dim, Tensor } from "../types.js";
import type { InferenceContext } from "./registry.js";

/**
 * What is known of the numbers in an integer tensor of at most one axis: extents, of which some may be symbols. So
 * shapes that a graph computes from other shapes stay known.
 */
export type Contents = Dim[];

/** Longer ones are data, not shapes. */
const LONGEST = 64;

const INTEGERS = new Set(["int32", "int64"]);

export function contentsOf(tensor: Tensor | undefined): Contents | undefined {
  if (!tensor || !INTEGERS.has(tensor.dtype) || tensor.shape.length > 1 || sizeOf(tensor.shape) > LONGEST) return;
  return toNumbers(tensor);
}

type Propagation = (context: InferenceContext, inputs: (Contents | undefined)[]) => Contents | undefined;

const copied: Propagation = (_, [x]) => x;

const allOf = (inputs: (Contents | undefined)[]): Contents[] | undefined =>
  inputs.every((input) => input !== undefined) ? inputs : undefined;

const numbers = (contents: Contents | undefined): number[] | undefined =>
  contents?.every((dim) => typeof dim === "number") ? contents : undefined;

/** Element by element, where one side may be a single number. */
const pairwise =
  (combine: (a: Dim, b: Dim) => Dim | undefined): Propagation =>
  (_, [left, right]) => {
    if (!left || !right) return;
    const length = Math.max(left.length, right.length);
    const combined = Array.from({ length }, (_, i) => {
      const [a, b] = [left.length === 1 ? left[0] : left[i], right.length === 1 ? right[0] : right[i]];
      return a === undefined || b === undefined ? undefined : combine(a, b);
    });
    return combined.every((dim) => dim !== undefined) ? combined : undefined;
  };

const onNumbers = (combine: (a: number, b: number) => number) =>
  pairwise((a, b) => (typeof a === "number" && typeof b === "number" ? combine(a, b) : undefined));

const propagations: Record<string, Propagation> = {
  Identity: copied,
  Squeeze: copied,
  Unsqueeze: copied,
  Reshape: copied,
  Cast: copied,
  Shape: ({ types: [x], node }) => {
    if (!x) return;
    return x.shape.slice(intOf(node, "start", 0), intOf(node, "end", x.shape.length));
  },
  Size: ({ types: [x] }) => x && [product(x.shape)],
  Concat: (_, inputs) => allOf(inputs)?.flat(),
  Gather: (_, [x, indices]) => {
    const at = numbers(indices);
    const taken = x && at?.map((i) => x[i < 0 ? i + x.length : i]);
    return taken?.every((dim) => dim !== undefined) ? taken : undefined;
  },
  Slice: ({ node }, [x, starts, ends, axes, steps]) => {
    const [from] = numbers(starts) ?? [];
    const [to] = numbers(ends) ?? [];
    const [step] = node.inputs[4] ? (numbers(steps) ?? []) : [1];
    if (!x || from === undefined || to === undefined || step === undefined || (node.inputs[3] && !axes)) return;
    const length = x.length;
    if (step > 0) {
      const bound = (i: number) => Math.min(Math.max(i < 0 ? i + length : i, 0), length);
      return x.slice(bound(from), bound(to)).filter((_, i) => i % step === 0);
    }
    const bound = (i: number) => Math.min(Math.max(i < 0 ? i + length : i, -1), length - 1);
    return x
      .slice(bound(to) + 1, bound(from) + 1)
      .reverse()
      .filter((_, i) => i % -step === 0);
  },
  Neg: (_, [x]) => numbers(x)?.map((value) => -value),
  ConstantOfShape: ({ node: { attributes } }, [shape]) => {
    const value = attributes.value?.type === "tensor" ? toNumbers(attributes.value.value)[0]! : 0;
    const [length, ...more] = numbers(shape) ?? [];
    if (!numbers(shape) || more.length > 0 || (length ?? 1) > LONGEST) return;
    return Array.from({ length: length ?? 1 }, () => value);
  },
  Expand: (_, [x, shape]) => {
    const length = numbers(shape)?.at(-1) ?? 1;
    if (!x || !numbers(shape) || length > LONGEST) return;
    return x.length === 1 ? Array.from({ length }, () => x[0]!) : x;
  },
  Where: ({ constants: [condition] }, [, left, right]) => {
    if (!condition || !left || !right) return;
    const length = Math.max(condition.data.length, left.length, right.length);
    const at = <T>(list: ArrayLike<T>, i: number) => list[list.length === 1 ? 0 : i];
    const picked = Array.from({ length }, (_, i) => at(at(condition.data as Uint8Array, i) ? left : right, i));
    return picked.every((dim) => dim !== undefined) ? picked : undefined;
  },
  Add: pairwise((a, b) => sum([a, b])),
  Sub: pairwise((a, b) => (a === b ? 0 : typeof b === "number" ? plus(a, -b) : undefined)),
  Mul: pairwise((a, b) => product([a, b])),
  Div: pairwise((a, b) => {
    if (typeof a === "number" && typeof b === "number") return b === 0 ? undefined : Math.trunc(a / b);
    return quotient([a], [b]);
  }),
  Max: onNumbers(Math.max),
  Min: onNumbers(Math.min),
  Mod: onNumbers((a, b) => (b === 0 ? Number.NaN : a - b * Math.floor(a / b))),
  ReduceProd: ({ node }, [x, axes]) => {
    const whole = !node.inputs[1] || numbers(axes) !== undefined || intsOf(node, "axes") !== undefined;
    return x && whole ? [product(x)] : undefined;
  },
  Range: (_, inputs) => {
    const [start, limit, delta] = inputs.map((input) => numbers(input)?.[0]);
    if (start === undefined || limit === undefined || !delta) return;
    const length = Math.max(0, Math.ceil((limit - start) / delta));
    return length > LONGEST ? undefined : Array.from({ length }, (_, i) => start + i * delta);
  },
};

/** The contents of a node's only output, where they follow from those of its inputs. */
export function inferContents(
  context: InferenceContext,
  output: { dtype: string; shape: Dim[] },
): Contents | undefined {
  if (!INTEGERS.has(output.dtype) || output.shape.length > 1) return;
  const propagate = Object.hasOwn(propagations, context.node.op) ? propagations[context.node.op] : undefined;
  const contents = propagate?.(context, context.contents ?? []);
  const sound = contents?.every((dim) =>
    typeof dim === "string" ? dim.length <= LONGEST_EXPRESSION : Number.isSafeInteger(dim),
  );
  const fits = contents?.length === (output.shape.length === 0 ? 1 : output.shape[0]);
  return contents && sound && fits && contents.length <= LONGEST ? contents : undefined;
}
