import { intOf } from "../attributes.js";
import { dtypeOf } from "../element-types.js";
import { registerInference } from "./registry.js";

/** To bytes and back. */

registerInference(["QuantizeLinear"], ({ node, types: [x, , zeroPoint] }) => {
  const asked = intOf(node, "output_dtype", 0);
  const dtype = zeroPoint?.dtype ?? (asked === 0 ? "uint8" : dtypeOf(asked));
  return [x && { dtype, shape: x.shape }];
});

registerInference(["DequantizeLinear"], ({ types: [x, scale] }) => [
  x && { dtype: scale?.dtype ?? "float32", shape: x.shape },
]);
