import { intOf } from "../attributes.js";
import { floorDivide, plus } from "../dims.js";
import { axisOf, contentsAt, ownSymbols, registerInference } from "./registry.js";

registerInference(["DFT"], (context) => {
  const { node, types } = context;
  const [x] = types;
  if (!x) return [undefined];
  // With opset 20 the axis became an input, the one before the pairs by default.
  const given = node.inputs[2] ? contentsAt(context, 2)?.[0] : intOf(node, "axis", 1);
  if (typeof given !== "number") return [undefined];
  const axis = axisOf(context, given, x.shape.length);
  const length = node.inputs[1] ? (contentsAt(context, 1)?.[0] ?? ownSymbols(context, 1)[0]!) : x.shape[axis]!;
  const shape = x.shape.with(axis, intOf(node, "onesided", 0) === 1 ? plus(floorDivide(length, 2), 1) : length);
  return [{ dtype: x.dtype, shape: shape.with(-1, 2) }];
});
