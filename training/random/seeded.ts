/**
 * Random numbers that are a function of a seed and a name, so that a run stopped at any step goes on with the very
 * numbers it would have drawn. SplitMix32-style mixing (Steele et al. 2014) of a counter.
 */
function mix(x: number): number {
  let z = x | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** A 32-bit key of a seed and the names and numbers that tell one use from another (FNV-1a, then mixed). */
export function keyOf(seed: number, ...names: (string | number)[]): number {
  let hash = mix(seed) ^ 0x811c9dc5;
  for (const char of names.join("\u0000")) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  return mix(hash);
}

const GOLDEN = 0x9e3779b9;

/** A stream of 32-bit integers. */
function integers(key: number): () => number {
  let counter = key;
  return () => {
    counter = (counter + GOLDEN) | 0;
    return mix(counter);
  };
}

/** A stream of numbers in [0, 1). */
export function uniform(seed: number, ...names: (string | number)[]): () => number {
  const next = integers(keyOf(seed, ...names));
  return () => next() / 0x100000000;
}

/** A permutation of 0..count-1 (Fisher and Yates). */
export function permutation(count: number, seed: number, ...names: (string | number)[]): Int32Array {
  const random = uniform(seed, ...names);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Inverted dropout: 0 with probability `rate`, else 1 / (1 - rate). Two values come from each integer. */
export function dropoutMask(length: number, rate: number, seed: number, ...names: (string | number)[]): Float32Array {
  const next = integers(keyOf(seed, ...names));
  const mask = new Float32Array(length);
  const threshold = Math.round(rate * 0x10000);
  const kept = 1 / (1 - threshold / 0x10000);
  for (let i = 0; i < length; i += 2) {
    const bits = next();
    mask[i] = (bits & 0xffff) < threshold ? 0 : kept;
    if (i + 1 < length) mask[i + 1] = bits >>> 16 < threshold ? 0 : kept;
  }
  return mask;
}
