/** A tensor's numbers, whichever library made them. */
export interface Values {
  shape: number[];
  dtype: string;
  data: ArrayLike<number | bigint | string>;
}

/** How far apart two tensors of one size lie. */
export interface Difference {
  maxAbsolute: number;
  /** maxAbsolute over the largest magnitude that is expected. */
  maxRelative: number;
}

/** Compares element by element; what is no number, infinite or text must be the same. */
export function difference(expected: Values["data"], actual: Values["data"]): Difference {
  let maxAbsolute = expected.length === actual.length ? 0 : Number.POSITIVE_INFINITY;
  let peak = 0;
  for (let i = 0; i < expected.length && maxAbsolute < Number.POSITIVE_INFINITY; i++) {
    const [a, b] = [expected[i]!, actual[i]!];
    if (typeof a === "string" || typeof b === "string") {
      if (a !== b) maxAbsolute = Number.POSITIVE_INFINITY;
      continue;
    }
    const [x, y] = [Number(a), Number(b)];
    if (Number.isFinite(x)) peak = Math.max(peak, Math.abs(x));
    const apart = x === y || (Number.isNaN(x) && Number.isNaN(y)) ? 0 : Math.abs(x - y);
    maxAbsolute = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(maxAbsolute, apart);
  }
  return { maxAbsolute, maxRelative: maxAbsolute === 0 ? 0 : maxAbsolute / peak };
}

/** Within the tolerance where numbers are floats; the same where they are whole, truth values or text. */
export function agree(expected: Values, actual: Values, tolerance: number): boolean {
  return difference(expected.data, actual.data).maxRelative <= toleranceFor(expected.dtype, tolerance);
}

export const toleranceFor = (dtype: string, tolerance: number) => (dtype === "float32" ? tolerance : 0);
