import { fill } from "../../../converter/emit/fill.js";
import { extent, joined, reshape, unsqueeze } from "../../../converter/emit/shape.js";
import type { GraphBuilder, Value } from "../../../converter/graph/builder.js";
import { int64, scalar } from "../../../converter/graph/tensor.js";

/** The best continuations of each image's hypotheses, best first; [N, K] each. */
export interface Candidates {
  /** float64, -Infinity where there are fewer than K */
  logProbability: Value;
  /** int64 */
  token: Value;
  /** int64 row of the hypothesis that goes on */
  parent: Value;
}

/**
 * The K best candidates an image. Order: higher log-probability, then lower token id, then lower place in the beam. TopK
 * gives equal values in the order of their places, so candidates are brought into the order of their tokens first.
 *
 * @param logProbability float64 [R, V]
 * @param slot int64 [R] image * K + place in the beam
 */
export function bestCandidates(
  b: GraphBuilder,
  logProbability: Value,
  slot: Value,
  { images, beam, vocabulary }: { images: Value; beam: Value; vocabulary: number },
): Candidates {
  const width = reshape(b, beam, [1]); // K
  const [values, words] = topK(b, logProbability, b.add("Min", [width, b.constant(int64([vocabulary]))])); // [R, k]
  const slots = b.add("Mul", [images, width]);
  const each = extent(b, values, 1); // k
  const places = unsqueeze(b, slot, [1]);
  /** [R, …] by slot, in rows an image: [N, K * …] */
  const byImage = (x: Value, shape: Value[], empty: number) => {
    const blank = fill(b, joined(b, [slots, ...shape]), empty, x.dtype);
    const rows = b.add("ScatterND", [blank, places, x]);
    return b.add("Reshape", [rows, joined(b, [images, b.constant(int64([-1]), "rest")])]);
  };
  const inBeam = byImage(words, [each], 0); // [N, K * k]
  const all = b.add("Mul", [width, each]);
  const [tokens, order] = topK(b, inBeam, all, 0);
  const sorted = pick(b, byImage(values, [each], Number.NEGATIVE_INFINITY), order);
  const [best, at] = topK(b, sorted, width); // [N, K]
  const row = byImage(
    b.add("Range", [
      b.constant(scalar(0, "int64"), "first"),
      b.add("Squeeze", [extent(b, slot, 0)]),
      b.constant(scalar(1, "int64"), "step"),
    ]),
    [],
    0,
  ); // [N, K]
  const place = b.add("Div", [pick(b, order, at), each]);
  return { logProbability: best, token: pick(b, tokens, at), parent: pick(b, row, place) };
}

const pick = (b: GraphBuilder, x: Value, at: Value) => b.add("GatherElements", [x, at], { axis: 1 });

function topK(b: GraphBuilder, x: Value, k: Value, largest = 1): [Value, Value] {
  return b.addMany("TopK", [x, k], 2, { axis: 1, largest, sorted: 1 }) as [Value, Value];
}
