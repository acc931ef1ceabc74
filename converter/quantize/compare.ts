import type { Graph } from "../graph/types.js";
import type { Calibration, CalibrationValues } from "./calibrate.js";

/** How far an output of the int8 graph lies from that in float32, over all samples. */
export interface OutputDifference {
  output: string;
  maxAbsolute: number;
  /** maxAbsolute over the largest magnitude in float32. */
  maxRelative: number;
  /** Of the angle between the two as vectors; 1 where they agree. */
  cosine: number;
}

interface Sums {
  largest: number;
  peak: number;
  product: number;
  before: number;
  after: number;
}

/** Runs both graphs on every sample and compares their float32 outputs. */
export async function compareOutputs(
  before: Graph,
  after: Graph,
  { run, samples, signal }: Calibration,
): Promise<OutputDifference[]> {
  const names = before.outputs.filter(({ dtype }) => dtype === "float32").map(({ name }) => name);
  const sums = new Map(names.map((name) => [name, { largest: 0, peak: 0, product: 0, before: 0, after: 0 }]));
  await run(before, (runBefore) =>
    run(after, async (runAfter) => {
      for await (const sample of samples) {
        signal?.throwIfAborted();
        const [expected, actual] = [await runBefore(sample), await runAfter(sample)];
        for (const name of names) add(sums.get(name)!, expected[name]!, actual[name]!);
      }
    }),
  );
  return names.map((output) => ({ output, ...difference(sums.get(output)!) }));
}

function add(sums: Sums, { data: expected }: CalibrationValues, { data: actual }: CalibrationValues): void {
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [Number(expected[i]), Number(actual[i])];
    sums.largest = Math.max(sums.largest, Math.abs(a - b));
    sums.peak = Math.max(sums.peak, Math.abs(a));
    sums.product += a * b;
    sums.before += a * a;
    sums.after += b * b;
  }
}

function difference({ largest, peak, product, before, after }: Sums): Omit<OutputDifference, "output"> {
  const same = largest === 0;
  return {
    maxAbsolute: largest,
    maxRelative: same ? 0 : largest / peak,
    cosine: same ? 1 : product / Math.sqrt(before * after || 1),
  };
}
