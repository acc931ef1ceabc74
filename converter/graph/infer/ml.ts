import type { DType } from "../types.js";
import { registerInference } from "./registry.js";

const VALUES: Record<string, DType> = { values_strings: "string", values_int64s: "int64", values_floats: "float32" };

registerInference(["LabelEncoder"], ({ node, types: [x] }) => {
  const found = Object.keys(VALUES).find((name) => node.attributes[name]);
  return [x && found ? { dtype: VALUES[found]!, shape: x.shape } : undefined];
});
