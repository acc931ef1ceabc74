import { registerInference } from "./registry.js";

/** To bytes and back. */

registerInference(["QuantizeLinear"], ({ types: [x, , zeroPoint] }) => [
  x && { dtype: zeroPoint?.dtype ?? "uint8", shape: x.shape },
]);

registerInference(["DequantizeLinear"], ({ types: [x, scale] }) => [
  x && { dtype: scale?.dtype ?? "float32", shape: x.shape },
]);
