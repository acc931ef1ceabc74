import type { DecoderStep, EncodedImages, FloatTensor, SpecialTokens } from "../runtime/core/index.js";

export const TOKENS: SpecialTokens = { pad: 0, start: 1, end: 2, unk: 3 };

/** A seeded source of uniform numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface RandomDecoder {
  encoded: EncodedImages;
  step: DecoderStep;
  /** Rows of each step call so far. */
  calls: number[];
}

/** A small recurrent attention decoder with random weights, written out in plain loops. */
export function randomDecoder(seed: number, { images = 1, vocabulary = 8, hidden = 5, locations = 3, scale = 2 } = {}) {
  const random = seeded(seed);
  const normal = (count: number, size = 1): Float32Array =>
    Float32Array.from({ length: count }, () => (random() + random() + random() - 1.5) * 2 * size);
  const channels = 4;
  const tensor = (...dims: number[]): FloatTensor => ({ data: normal(dims.reduce((a, b) => a * b, 1)), dims });
  const encoded: EncodedImages = {
    features: tensor(images, locations, channels),
    projected: tensor(images, locations, hidden),
    hidden: tensor(images, hidden),
    cell: tensor(images, hidden),
  };
  const embedding = normal(vocabulary * hidden);
  const recurrent = normal(hidden * hidden, 0.7);
  const context = normal(channels * hidden, 0.7);
  const output = normal(hidden * vocabulary, scale);
  const calls: number[] = [];

  const step: DecoderStep = async (input) => {
    const rows = input.token.length;
    calls.push(rows);
    const next = new Float32Array(rows * hidden);
    const cell = new Float32Array(rows * hidden);
    const logits = new Float32Array(rows * vocabulary);
    const attention = new Float32Array(rows * locations);
    for (let r = 0; r < rows; r++) {
      const h = input.hidden.data.subarray(r * hidden, (r + 1) * hidden);
      const weights = Array.from({ length: locations }, (_, l) => {
        let score = 0;
        for (let i = 0; i < hidden; i++) score += h[i]! * input.projected.data[(r * locations + l) * hidden + i]!;
        return Math.exp(score);
      });
      const total = weights.reduce((a, b) => a + b, 0);
      attention.set(
        weights.map((weight) => weight / total),
        r * locations,
      );
      const z = new Float32Array(channels);
      for (let l = 0; l < locations; l++) {
        const weight = attention[r * locations + l]!;
        for (let c = 0; c < channels; c++) z[c]! += weight * input.features.data[(r * locations + l) * channels + c]!;
      }
      for (let j = 0; j < hidden; j++) {
        let sum = embedding[Number(input.token[r]) * hidden + j]! + 0.5 * input.cell.data[r * hidden + j]!;
        for (let i = 0; i < hidden; i++) sum += h[i]! * recurrent[i * hidden + j]!;
        for (let c = 0; c < channels; c++) sum += z[c]! * context[c * hidden + j]!;
        cell[r * hidden + j] = sum;
        next[r * hidden + j] = Math.tanh(sum);
      }
      for (let v = 0; v < vocabulary; v++) {
        let sum = 0;
        for (let j = 0; j < hidden; j++) sum += next[r * hidden + j]! * output[j * vocabulary + v]!;
        logits[r * vocabulary + v] = sum;
      }
    }
    return {
      logits: { data: logits, dims: [rows, vocabulary] },
      hidden: { data: next, dims: [rows, hidden] },
      cell: { data: cell, dims: [rows, hidden] },
      attention: { data: attention, dims: [rows, locations] },
    };
  };
  return { encoded, step, calls } satisfies RandomDecoder;
}

/** Image `index` of the encoded images, alone. */
export function imageOf(encoded: EncodedImages, index: number): EncodedImages {
  const pick = ({ data, dims }: FloatTensor): FloatTensor => {
    const size = data.length / dims[0]!;
    return { data: data.slice(index * size, (index + 1) * size), dims: [1, ...dims.slice(1)] };
  };
  const { features, projected, hidden, cell } = encoded;
  return { features: pick(features), projected: pick(projected), hidden: pick(hidden), cell: pick(cell) };
}
