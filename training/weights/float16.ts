/** IEEE 754 half precision in plain arrays: one table of all 65,536 values to widen, arithmetic on the bits to narrow. */

const MAX_HALF = 0x7bff; // 65504

const WIDE = makeTable();

function makeTable(): Float32Array {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction ? NaN : sign * Infinity;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return table;
}

/** Widens half-precision values exactly; into `target` from `offset` on where it is given. */
export function float16ToFloat32(half: Uint16Array, target = new Float32Array(half.length), offset = 0): Float32Array {
  const table = WIDE;
  for (let i = 0; i < half.length; i++) target[offset + i] = table[half[i]!]!;
  return target;
}

/**
 * Narrows to half precision, to the nearest and ties to even. Finite values beyond ±65504 become ±65504, because an
 * infinity in a feature would spoil all that is trained on it; infinities and NaN stay what they are.
 */
export function float32ToFloat16(values: Float32Array, target = new Uint16Array(values.length)): Uint16Array {
  const bitsOf = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bitsOf.length; i++) {
    const bits = bitsOf[i]!;
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    let half: number;
    if (magnitude >= 0x7f800000) {
      half = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
    } else if (magnitude >= 0x38800000) {
      // Normal: exponent rebiased by 127 - 15, 13 bits of the fraction rounded away.
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
      if (half > MAX_HALF) half = MAX_HALF;
    } else if (magnitude >= 0x33000000) {
      // Subnormal: a multiple of 2^-24.
      const shift = 126 - (magnitude >>> 23);
      const fraction = (magnitude & 0x7fffff) | 0x800000;
      const kept = fraction >>> shift;
      const lost = fraction & ((1 << shift) - 1);
      const middle = 1 << (shift - 1);
      half = kept + (lost > middle || (lost === middle && kept & 1) ? 1 : 0);
    } else {
      half = 0;
    }
    target[i] = sign | half;
  }
  return target;
}
