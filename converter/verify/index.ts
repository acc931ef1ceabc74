export { assertParity, type ParityOptions, type ParityRow, verifyParity } from "./parity.js";
