import { intOf, intsOf } from "../attributes.js";
import { dtypeOf } from "../element-types.js";
import { registerInference } from "./registry.js";

registerInference(["RandomNormal", "RandomUniform"], ({ node }) => {
  const shape = intsOf(node, "shape");
  return [shape && { dtype: dtypeOf(intOf(node, "dtype", 1)), shape }];
});

registerInference(["RandomNormalLike", "RandomUniformLike"], ({ node, types: [x] }) => {
  if (!x) return [undefined];
  return [node.attributes.dtype ? { dtype: dtypeOf(intOf(node, "dtype", 1)), shape: x.shape } : x];
});

registerInference(["Multinomial"], ({ node, types: [x] }) => [
  x && { dtype: dtypeOf(intOf(node, "dtype", 6)), shape: [x.shape[0]!, intOf(node, "sample_size", 1)] },
]);
