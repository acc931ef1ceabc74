import { intOf, stringOf } from "../attributes.js";
import { broadcast } from "../dims.js";
import type { Dim } from "../types.js";
import { misfit, registerInference } from "./registry.js";

registerInference(["MatMul"], (context) => {
  const [a, b] = context.types;
  if (!a || !b) return [undefined];
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [inner, outer] = [left.at(-1)!, right.at(-2)!];
  if (typeof inner === "number" && typeof outer === "number" && inner !== outer) {
    throw misfit(context, `${inner} columns meet ${outer} rows`);
  }
  const batch = broadcast([left.slice(0, -2), right.slice(0, -2)]);
  if (!batch) throw misfit(context, "these shapes cannot be broadcast");
  const rows = a.shape.length === 1 ? [] : [left.at(-2)!];
  const columns = b.shape.length === 1 ? [] : [right.at(-1)!];
  return [{ dtype: a.dtype, shape: [...batch, ...rows, ...columns] }];
});

registerInference(["Gemm"], (context) => {
  const [a, b] = context.types;
  if (!a || !b) return [undefined];
  const [rows, inner] = intOf(context.node, "transA", 0) ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [outer, columns] = intOf(context.node, "transB", 0) ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
  if (typeof inner === "number" && typeof outer === "number" && inner !== outer) {
    throw misfit(context, `${inner} columns meet ${outer} rows`);
  }
  return [{ dtype: a.dtype, shape: [rows, columns] }];
});

/** Labels of one letter an axis; the three dots of a broadcast are not told. */
registerInference(["Einsum"], (context) => {
  const [left, right] = stringOf(context.node, "equation", "").replaceAll(/\s/g, "").split("->");
  const terms = left!.split(",");
  const known = context.types.filter((type) => type !== undefined);
  if (right === undefined || left!.includes(".") || known.length < context.node.inputs.length) return [undefined];
  const extents = new Map<string, Dim>();
  terms.forEach((term, i) => {
    const shape = known[i]?.shape ?? [];
    if (shape.length !== term.length) throw misfit(context, `the term "${term}" has ${term.length} axes`);
    for (const [axis, label] of [...term].entries()) {
      const [dim, other] = [shape[axis]!, extents.get(label)];
      if (typeof dim === "number" && typeof other === "number" && dim !== other) {
        throw misfit(context, `"${label}" is both ${other} and ${dim}`);
      }
      if (typeof other !== "number") extents.set(label, dim);
    }
  });
  const shape = [...right].map((label) => extents.get(label));
  if (shape.includes(undefined)) throw misfit(context, `no input has every label of "${right}"`);
  return [{ dtype: known[0]!.dtype, shape: shape as Dim[] }];
});
