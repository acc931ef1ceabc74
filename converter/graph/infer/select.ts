import { intOf } from "../attributes.js";
import { product } from "../dims.js";
import { axisOf, contentsAt, ownSymbols, registerInference } from "./registry.js";

/** Operators that pick elements; how many is often known at run time alone. */

registerInference(["NonZero"], (context) => {
  const [x] = context.types;
  return [x && { dtype: "int64", shape: [x.shape.length, ...ownSymbols(context, 1)] }];
});

registerInference(["NonMaxSuppression"], (context) => [{ dtype: "int64", shape: [...ownSymbols(context, 1), 3] }]);

registerInference(["TopK"], (context) => {
  const [x] = context.types;
  if (!x) return [];
  const axis = axisOf(context, intOf(context.node, "axis", -1), x.shape.length);
  const shape = [...x.shape];
  shape[axis] = contentsAt(context, 1)?.[0] ?? ownSymbols(context, 1)[0]!;
  return [
    { dtype: x.dtype, shape },
    { dtype: "int64", shape },
  ];
});

registerInference(["Compress"], (context) => {
  const [x] = context.types;
  if (!x) return [undefined];
  const [count] = ownSymbols(context, 1);
  const axis = context.node.attributes.axis && axisOf(context, intOf(context.node, "axis", 0), x.shape.length);
  return [{ dtype: x.dtype, shape: axis === undefined ? [count!] : x.shape.with(axis, count!) }];
});

registerInference(["Unique"], (context) => {
  const [x] = context.types;
  if (!x) return [];
  const [count] = ownSymbols(context, 1);
  const axis = context.node.attributes.axis && axisOf(context, intOf(context.node, "axis", 0), x.shape.length);
  const inverse = axis === undefined ? product(x.shape) : x.shape[axis]!;
  return [
    { dtype: x.dtype, shape: axis === undefined ? [count!] : x.shape.with(axis, count!) },
    { dtype: "int64", shape: [count!] },
    { dtype: "int64", shape: [inverse] },
    { dtype: "int64", shape: [count!] },
  ];
});
