export type { FirstDifference } from "./first-difference.js";
export { readArchive, readValues } from "./input-files.js";
export { assertParity, type ParityOptions, type ParityRow, parityRows, verifyParity } from "./parity.js";
export { runGraph } from "./session.js";
export type { Values } from "./values.js";
export { assertVerified, type Verification, type VerifyOptions, verify } from "./verify.js";
