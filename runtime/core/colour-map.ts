/** matplotlib's "magma" (S. van der Walt and N. Smith, CC0) at 17 even steps: perceptually uniform, also in grey. */
const MAGMA = (
  "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 " +
  "d0416f e75263 f56b5c fc8961 fea772 fec488 fde2a3 fcfdbf"
)
  .split(" ")
  .map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));

/** The colour of a value from 0 to 1, as 256 RGB triples for values 0, 1/255 … 1. */
export const HEAT_COLOURS: Uint8Array = Uint8Array.from({ length: 256 * 3 }, (_, i) => {
  const position = (Math.floor(i / 3) / 255) * (MAGMA.length - 1);
  const below = Math.min(Math.floor(position), MAGMA.length - 2);
  const [low, high] = [MAGMA[below]![i % 3]!, MAGMA[below + 1]![i % 3]!];
  return Math.round(low + (high - low) * (position - below));
});
