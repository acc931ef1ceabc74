/** An axis: where a value lies between 0 and 1, and the round values that are written on it. */
export interface Scale {
  place(value: number): number;
  ticks: number[];
  format(tick: number): string;
}

/**
 * A linear axis from `low` to `high` with ticks at 1, 2 or 5 times a power of ten.
 * @param options.round lets the axis begin and end at a tick
 * @param options.whole for counts: no tick between whole numbers
 */
export function linearScale(
  low: number,
  high: number,
  { ticks: wanted = 5, round = false, whole = false }: { ticks?: number; round?: boolean; whole?: boolean } = {},
): Scale {
  const span = high - low || Math.abs(high) || 1;
  const step = Math.max(whole ? 1 : 0, niceStep(span / wanted));
  const end = high > low ? high : low + span;
  const first = round ? Math.floor(low / step + 1e-9) : Math.ceil(low / step - 1e-9);
  const last = round ? Math.ceil(end / step - 1e-9) : Math.floor(end / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const [from, to] = round ? [first * step, last * step] : [low, end];
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const format = (tick: number) => {
    if (tick === 0) return "0";
    if (digits > 3) return tick.toExponential(Math.max(0, digits + Math.floor(Math.log10(Math.abs(tick)))));
    return Math.abs(tick) >= 10000 ? `${Number((tick / 1000).toFixed(3))}k` : tick.toFixed(digits);
  };
  return { place: (value) => (value - from) / (to - from), ticks, format };
}

/** The least of 1, 2, 5 times a power of ten that is not below the value. */
function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9))!;
  return factor * power;
}
