import type { CalibrationMethod } from "./types.js";

/** From the least to the greatest value seen: nothing is cut off, and one outlier makes every step large. */
export const max: CalibrationMethod = { name: "max", about: "the whole range that was seen" };
