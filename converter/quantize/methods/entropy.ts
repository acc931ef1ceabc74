import type { CalibrationMethod } from "./types.js";

/** What stands for a count of none where the other distribution has some, as in onnxruntime's quantization tool. */
const HARDLY_ANY = 1e-4;

/**
 * The range whose levels tell most of how the magnitudes are distributed: of all ends, the one with the least
 * Kullback-Leibler divergence of what the levels can tell from what was seen (S. Migacz, 8-bit Inference with TensorRT,
 * GTC 2017; onnxruntime's `HistogramCollector.get_entropy_threshold` does the same).
 */
export const entropy: CalibrationMethod = {
  name: "entropy",
  about: "the range with the least Kullback-Leibler divergence",
  end(magnitudes, levels) {
    const total = magnitudes.reduce((a, b) => a + b, 0);
    let [best, least] = [magnitudes.length, Number.POSITIVE_INFINITY];
    let inside = magnitudes.subarray(0, levels - 1).reduce((a, b) => a + b, 0);
    for (let end = levels; end <= magnitudes.length; end++) {
      inside += magnitudes[end - 1]!;
      if (inside === 0) continue;
      const divergence = divergenceAt(magnitudes, end, levels, total, inside);
      if (divergence < least) [best, least] = [end, divergence];
    }
    return best;
  },
};

/**
 * Of the magnitudes with those beyond `end` put into the last bin (P) and the same in `levels`, each level's count spread
 * evenly over its bins that have any (Q): the sum of P log(P / Q).
 */
function divergenceAt(magnitudes: Float64Array, end: number, levels: number, total: number, inside: number): number {
  let divergence = 0;
  for (let level = 0, from = 0; level < levels; level++) {
    const to = Math.ceil(((level + 1) * end) / levels);
    let [count, filled] = [0, 0];
    for (let bin = from; bin < to; bin++) {
      count += magnitudes[bin]!;
      if (magnitudes[bin]! > 0) filled++;
    }
    for (let bin = from; bin < to; bin++) {
      const own = magnitudes[bin]!;
      const p = bin === end - 1 ? own + total - inside : own;
      if (p === 0) continue;
      const q = own > 0 ? count / filled : HARDLY_ANY;
      divergence += (p / total) * Math.log((p * inside) / (q * total));
    }
    from = to;
  }
  return divergence;
}
