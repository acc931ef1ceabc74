import { intOf, intsOf } from "../../graph/attributes.js";
import { dtypeOf } from "../../graph/element-types.js";
import { inferTypes } from "../../graph/infer/index.js";
import { allocate, int64, sizeOf, stridesOf, transposed } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type Evaluation, registerEvaluator } from "./registry.js";

/** The output's shape, as inference finds it. */
function shapeOf({ node, inputs }: Evaluation): number[] | undefined {
  const shape = inferTypes({ node, types: inputs, constants: inputs, outputs: 1 })[0]?.shape;
  return shape?.every((extent) => typeof extent === "number") ? shape : undefined;
}

registerEvaluator(["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"], (evaluation) => {
  const shape = shapeOf(evaluation);
  return shape && { ...evaluation.inputs[0]!, shape };
});

registerEvaluator(["Transpose"], ({ node, inputs: [x] }) => {
  const order = intsOf(node, "perm") ?? x!.shape.map((_, i) => x!.shape.length - 1 - i);
  return transposed(x!, order);
});

registerEvaluator(["Shape"], ({ node, type }) => {
  const fixed = type?.shape.filter((extent) => typeof extent === "number");
  if (!type || fixed?.length !== type.shape.length || node.attributes.start || node.attributes.end) return undefined;
  return int64(fixed);
});

const HALVES = new Set(["float16", "bfloat16"]);

/** Halves stay as they are stored: a Cast behind a weight is there to save room. */
registerEvaluator(["Cast"], ({ node, inputs: [x] }) => {
  const dtype = dtypeOf(intOf(node, "to", 1));
  if (dtype === "string" || x!.dtype === "string" || HALVES.has(dtype) || HALVES.has(x!.dtype)) return undefined;
  const source = x!.data as ArrayLike<number | bigint>;
  const data = allocate(dtype, source.length);
  for (let i = 0; i < source.length; i++) {
    const value = dtype === "bool" ? (source[i] ? 1 : 0) : source[i]!;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      if (typeof value === "number" && !Number.isFinite(value)) return undefined;
      data[i] = BigInt(typeof value === "number" ? Math.trunc(value) : value);
    } else {
      data[i] = Number(value);
    }
  }
  return { dtype, shape: x!.shape, data };
});

registerEvaluator(["Concat"], (evaluation) => {
  const tensors = evaluation.inputs as Tensor[];
  const shape = shapeOf(evaluation);
  const first = tensors[0]!;
  if (!shape || first.dtype === "string") return undefined;
  const axis = (intOf(evaluation.node, "axis", 0) + shape.length) % shape.length;
  const rows = sizeOf(shape.slice(0, axis));
  const result = allocate(first.dtype, sizeOf(shape));
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const { data, shape: own } of tensors) {
      const length = sizeOf(own.slice(axis));
      result.set((data as Float32Array).subarray(row * length, (row + 1) * length) as never, at);
      at += length;
    }
  }
  return { dtype: first.dtype, shape, data: result };
});

registerEvaluator(["Gather"], (evaluation) => {
  const [x, indices] = evaluation.inputs as [Tensor, Tensor];
  const shape = shapeOf(evaluation);
  if (!shape || x.dtype === "string") return undefined;
  const axis = (intOf(evaluation.node, "axis", 0) + x.shape.length) % x.shape.length;
  const extent = x.shape[axis]!;
  const inner = stridesOf(x.shape)[axis]!;
  const places = Array.from(indices.data as ArrayLike<number | bigint>, Number);
  if (places.some((place) => place < -extent || place >= extent)) return undefined;
  const result = allocate(x.dtype, sizeOf(shape));
  let at = 0;
  for (let outer = 0; outer < sizeOf(x.shape.slice(0, axis)); outer++) {
    for (const place of places) {
      const from = (outer * extent + (place < 0 ? place + extent : place)) * inner;
      result.set((x.data as Float32Array).subarray(from, from + inner) as never, at);
      at += inner;
    }
  }
  return { dtype: x.dtype, shape, data: result };
});
