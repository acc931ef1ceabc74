/** Operators that are not of ONNX's own set, by name: the set they are of. */
const DOMAINS: Record<string, string> = { LabelEncoder: "ai.onnx.ml" };

/** Versions of the other sets that came with opset 17. */
export const DOMAIN_VERSIONS: Record<string, number> = { "ai.onnx.ml": 3 };

/** The operator set of an operator; empty for ONNX's own. */
export function domainOf(op: string): string {
  return (Object.hasOwn(DOMAINS, op) && DOMAINS[op]) || "";
}
