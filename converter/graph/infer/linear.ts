import { intOf } from "../attributes.js";
import { broadcast } from "../dims.js";
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
