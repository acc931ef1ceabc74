/** An 8-bit picture of `channels` interleaved bytes a pixel. */
export interface Raster {
  data: Uint8Array | Uint8ClampedArray;
  width: number;
  height: number;
}

/**
 * Scales RGBA to RGB as libvips (behind sharp, by which training and Node read their pictures) does: whole-number
 * averages first where much is scaled away, then a Lanczos kernel widened by the scale; cubic where it enlarges.
 * @returns [height, width, 3]
 */
export function resizeToRgb(source: Raster, width: number, height: number): Uint8Array {
  const factorX = Math.max(1, Math.floor(source.width / width / 2));
  const factorY = Math.max(1, Math.floor(source.height / height / 2));
  const small = averaged(source, factorX, factorY);
  const columns = taps(small.width, width, source.width / factorX / width);
  const rows = taps(small.height, height, source.height / factorY / height);

  // Down, then across, with bytes in between: the order and the rounding of libvips.
  const line = small.width * 3;
  const down = new Uint8ClampedArray(height * line);
  const sums = new Float64Array(line);
  for (const [y, { first, weights }] of rows.entries()) {
    sumOfLines(sums, small.data, first * line, weights);
    for (let i = 0, to = y * line; i < line; i++) down[to + i] = Math.floor(sums[i]!);
  }
  const scaled = new Uint8ClampedArray(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x]!;
      let [r, g, b] = [0.5, 0.5, 0.5];
      for (let k = 0, at = y * line + first * 3; k < weights.length; k++, at += 3) {
        const weight = weights[k]!;
        r += weight * down[at]!;
        g += weight * down[at + 1]!;
        b += weight * down[at + 2]!;
      }
      const to = (y * width + x) * 3;
      scaled[to] = Math.floor(r);
      scaled[to + 1] = Math.floor(g);
      scaled[to + 2] = Math.floor(b);
    }
  }
  return new Uint8Array(scaled.buffer);
}

/** Lines of `from`, which begins with the first of them at `first`, weighted; four at a time, for each sum is a load and a store. */
function sumOfLines(sums: Float64Array, from: Float32Array, first: number, weights: Float64Array): void {
  const line = sums.length;
  sums.fill(0.5); // and cut: halves are rounded up
  for (let k = 0; k < weights.length; k += 4) {
    const [p, q = 0, r = 0, s = 0] = weights.slice(k, k + 4);
    const at = first + k * line;
    // A line that is not there weighs nothing, and the last one that is there is read for it.
    const last = first + (weights.length - 1) * line;
    const [second, third, fourth] = [1, 2, 3].map((more) => Math.min(last, at + more * line)) as [
      number,
      number,
      number,
    ];
    for (let i = 0; i < line; i++) {
      sums[i]! += p! * from[at + i]! + q * from[second + i]! + r * from[third + i]! + s * from[fourth + i]!;
    }
  }
}

/** Means of blocks of factorX x factorY pixels, without alpha; what does not fill a block at the far edges repeats. */
function averaged({ data, width, height }: Raster, factorX: number, factorY: number) {
  const [w, h] = [Math.ceil(width / factorX), Math.ceil(height / factorY)];
  const line = w * 3;
  const means = new Float32Array(h * line);
  const share = 1 / (factorX * factorY);
  const sums = new Int32Array(line);
  for (let y = 0; y < h; y++) {
    sums.fill(0);
    for (let dy = 0; dy < factorY; dy++) {
      const row = Math.min(height - 1, y * factorY + dy) * width;
      for (let x = 0, to = 0; x < w; x++, to += 3) {
        let [r, g, b] = [0, 0, 0];
        for (let at = x * factorX; at < (x + 1) * factorX; at++) {
          const from = (row + (at < width ? at : width - 1)) * 4;
          r += data[from]!;
          g += data[from + 1]!;
          b += data[from + 2]!;
        }
        sums[to]! += r;
        sums[to + 1]! += g;
        sums[to + 2]! += b;
      }
    }
    for (let i = 0, to = y * line; i < line; i++) means[to + i] = share * sums[i]!;
  }
  return { data: means, width: w, height: h };
}

/**
 * For each of `to` places: the first of `from` samples that it reads, and their weights, which sum to about 1. Places are
 * rounded to sixty-fourths of a sample and weights cut to 4096ths, as libvips has them: a caption can hang on a grey level.
 */
function taps(from: number, to: number, scale: number): { first: number; weights: Float64Array }[] {
  const stretch = Math.max(1, scale);
  const [kernel, lobes] = scale < 1 ? [cubic, 2] : [lanczos, 3];
  const points = 2 * Math.round(lobes * stretch);
  const clamp = (at: number) => Math.min(from - 1, Math.max(0, at));
  return Array.from({ length: to }, (_, i) => {
    // libvips places an enlarged picture by its corner.
    const exact = (scale < 1 ? i : i + 0.5) * scale - 0.5;
    const centre = Math.round(exact * 64) / 64;
    const low = Math.floor(exact) - points / 2 + 1;
    const shares = Array.from({ length: points }, (_, k) => kernel((low + k - centre) / stretch));
    const sum = shares.reduce((a, b) => a + b, 0);
    const first = clamp(low);
    const weights = new Float64Array(clamp(low + points - 1) - first + 1);
    for (const [k, weight] of shares.entries()) {
      // Beyond the edge the last sample is repeated.
      weights[clamp(low + k) - first]! += Math.trunc((weight / sum) * 4096) / 4096;
    }
    return { first, weights };
  });
}

/** Of three lobes. */
function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= 3) return 0;
  const angle = Math.PI * x;
  return (3 * Math.sin(angle) * Math.sin(angle / 3)) / (angle * angle);
}

/** Catmull and Rom's. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t >= 2) return 0;
  return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : ((-0.5 * t + 2.5) * t - 4) * t + 2;
}
