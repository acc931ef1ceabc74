import { checkOnnx } from "../converter/index.js";
import type { VerifyOptions } from "../runtime/node/index.js";

/** What `models verify` looks at in each graph before it is opened: ONNX's own rules, and the operator set. */
export const graphCheck: NonNullable<VerifyOptions["checkGraph"]> = (bytes, { opset: said }, fileSize) => {
  const { faults, opset, outputs, inferred } = checkOnnx(bytes, fileSize);
  const other = opset !== undefined && opset !== said ? [`its opset is ${opset}, model.json says ${said}`] : [];
  return { faults: [...faults, ...other], found: `${inferred} of ${outputs} shapes inferred` };
};
