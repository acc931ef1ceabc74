import type { CalibrationMethod } from "./types.js";

/** The range that holds a share of the magnitudes, in percent, as NVIDIA's pytorch-quantization has it. */
export const percentile: CalibrationMethod = {
  name: "percentile",
  about: "the range that holds this share of the numbers, 99.99 % by default",
  parameter: { from: 50, to: 100, default: 99.99 },
  end(magnitudes, _levels, percent) {
    const wanted = (magnitudes.reduce((a, b) => a + b, 0) * percent) / 100;
    let count = 0;
    for (let bin = 0; bin < magnitudes.length; bin++) {
      count += magnitudes[bin]!;
      if (count >= wanted) return bin + 1;
    }
    return magnitudes.length;
  },
};
