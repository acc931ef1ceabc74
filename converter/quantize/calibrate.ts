import { ShowtellError } from "../../errors/index.js";
import type { Graph } from "../graph/types.js";
import type { ChosenMethod } from "./methods/registry.js";
import { BINS } from "./methods/types.js";
import type { Range } from "./parameters.js";

/** A tensor's numbers, whichever library made them. */
export interface CalibrationValues {
  shape: number[];
  dtype: string;
  data: ArrayLike<number | bigint | string>;
}

/** Values for every input of a graph, by name. */
export type Sample = Record<string, CalibrationValues>;

/**
 * Opens a graph, hands a function that runs it to `use`, and closes it again: `runGraph` of showtell/converter/verify in
 * Node, or one of your own around onnxruntime-web.
 */
export type RunGraph = <T>(
  graph: Graph,
  use: (run: (feeds: Sample) => Promise<Record<string, CalibrationValues>>) => Promise<T>,
) => Promise<T>;

export interface Calibration {
  run: RunGraph;
  /** Inputs as the graph will get them in use. Gone through more than once: no generator, but a list or what makes one. */
  samples: Iterable<Sample> | AsyncIterable<Sample>;
  signal?: AbortSignal;
}

/** What a tensor was seen to hold. */
export interface Observation extends Range {
  /** Mean and mean square of each channel, where an axis was given. */
  means?: Float64Array;
  squares?: Float64Array;
}

/**
 * Runs a graph on samples and notes the range of each tensor as the method chooses it, and the means of its channels.
 * @param tensors with the axis of their channels
 * @throws ShowtellError USAGE where there is no sample, or the graph gives numbers that are not finite
 */
export async function observeRanges(
  graph: Graph,
  tensors: Map<string, number | undefined>,
  calibration: Calibration,
  method: ChosenMethod,
): Promise<{ ranges: Map<string, Observation>; samples: number }> {
  const names = [...tensors.keys()];
  const ranges = new Map(names.map((name): [string, Observation] => [name, { low: 0, high: 0 }]));
  const samples = await runAll(graph, names, calibration, (name, values, shape) => {
    const axis = tensors.get(name);
    if (axis !== undefined) addMeans(ranges.get(name)!, values, shape, axis);
    const range = ranges.get(name)!;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < range.low) range.low = value;
      else if (value > range.high) range.high = value;
      else if (Number.isNaN(value)) range.high = value;
    }
    if (!Number.isFinite(range.high - range.low)) {
      throw new ShowtellError(
        "USAGE",
        `"${name}" is not finite on the calibration inputs: these are not its usual ones.`,
      );
    }
  });
  if (samples === 0) throw new ShowtellError("USAGE", "There is no input to calibrate on.");
  for (const { means, squares } of ranges.values()) {
    for (const sums of [means, squares]) sums?.set(sums.map((sum) => sum / samples));
  }
  if (method.end) await narrow(graph, ranges, calibration, method.end);
  return { ranges, samples };
}

/** Runs the samples once more, counts magnitudes, and ends each range where the method says. */
async function narrow(
  graph: Graph,
  ranges: Map<string, Observation>,
  calibration: Calibration,
  end: NonNullable<ChosenMethod["end"]>,
): Promise<void> {
  const names = [...ranges.keys()];
  const counts = new Map(names.map((name) => [name, new Float64Array(BINS)]));
  const peaks = new Map([...ranges].map(([name, { low, high }]) => [name, Math.max(-low, high)]));
  await runAll(graph, names, calibration, (name, values) => {
    const [bins, perUnit] = [counts.get(name)!, BINS / peaks.get(name)!];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value !== 0) bins[Math.min(BINS - 1, Math.floor(Math.abs(value) * perUnit))]!++;
    }
  });
  for (const [name, range] of ranges) {
    if (range.low === range.high) continue;
    // One sign gets all of the 255 steps, or each of two signs its half.
    const levels = range.low === 0 || range.high === 0 ? 255 : 128;
    const limit = (end(counts.get(name)!, levels) / BINS) * peaks.get(name)!;
    range.low = Math.max(range.low, -limit);
    range.high = Math.min(range.high, limit);
  }
}

/** Adds the means of a sample's channels to those before it. */
function addMeans(seen: Observation, values: Float32Array, shape: number[], axis: number): void {
  const at = axis < 0 ? axis + shape.length : axis;
  const channels = shape[at]!;
  const inner = shape.slice(at + 1).reduce((a, b) => a * b, 1);
  seen.means ??= new Float64Array(channels);
  seen.squares ??= new Float64Array(channels);
  const share = channels / values.length;
  for (let i = 0, row = 0; i < values.length; row++) {
    let [sum, squares] = [0, 0];
    for (const end = i + inner; i < end; i++) {
      sum += values[i]!;
      squares += values[i]! * values[i]!;
    }
    seen.means[row % channels]! += sum * share;
    seen.squares[row % channels]! += squares * share;
  }
}

/** Runs a graph on every sample and shows what inner tensors hold. Returns the number of samples. */
async function runAll(
  graph: Graph,
  tensors: string[],
  { run, samples, signal }: Calibration,
  see: (name: string, values: Float32Array, shape: number[]) => void,
): Promise<number> {
  const given = new Set(graph.inputs.map(({ name }) => name));
  const outputs = tensors.filter((name) => !given.has(name)).map((name) => ({ name, ...graph.types.get(name)! }));
  // A runtime gives what is asked for: the graph's own outputs are not needed here.
  const watched: Graph = outputs.length > 0 ? { ...graph, outputs } : graph;
  return run(watched, async (infer) => {
    let count = 0;
    for await (const sample of samples) {
      signal?.throwIfAborted();
      const results = await infer(sample);
      for (const name of tensors) {
        const { data, shape } = results[name] ?? sample[name]!;
        see(name, data as Float32Array, shape);
      }
      count++;
    }
    return count;
  });
}
