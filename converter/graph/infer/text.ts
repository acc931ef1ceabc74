import { broadcast } from "../dims.js";
import { misfit, ownSymbols, registerInference } from "./registry.js";

registerInference(["StringConcat"], (context) => {
  const [left, right] = context.types;
  if (!left || !right) return [undefined];
  const shape = broadcast([left.shape, right.shape]);
  if (!shape) throw misfit(context, "these shapes cannot be broadcast");
  return [{ dtype: "string", shape }];
});

registerInference(["StringSplit"], (context) => {
  const [x] = context.types;
  if (!x) return [];
  return [
    { dtype: "string", shape: [...x.shape, ...ownSymbols(context, 1)] },
    { dtype: "int64", shape: x.shape },
  ];
});
