import type { Graph } from "../../../converter/index.js";
import { parityRows, runGraph, type Values } from "../../../converter/verify/index.js";
import { type GraphParity, stepInputs } from "../graphs.js";
import type { OpenRun } from "../open-run.js";

/** Rows of the decoder's batch. */
const ROWS = 3;

/**
 * Runs the decoder of an ensemble, in float32, beside those of its members, on the same numbers, and compares what it gives with what
 * theirs come to.
 */
export async function ensembleParity(
  runs: readonly OpenRun[],
  decoders: readonly Graph[],
  joined: Graph,
): Promise<GraphParity[]> {
  const given = await Promise.all(runs.map(({ captioner }) => valuesOf(stepInputs(captioner, ROWS))));
  const token = { ...given[0]!.token!, dtype: "int64", shape: [ROWS] };
  const results: Record<string, Values>[] = [];
  for (const [i, decoder] of decoders.entries()) {
    results.push(await runGraph(decoder, (run) => run({ ...given[i], token })));
  }
  const names = ["hidden", "cell", "features", "projected"];
  const feeds = Object.fromEntries(names.map((name) => [name, sideBySide(given.map((values) => values[name]!))]));
  const actual = await runGraph(joined, (run) => run({ ...feeds, token }));
  const of = (name: string) => results.map((result) => result[name]!);
  const expected = [
    mapped(mean(of("logits").map(softmax)), Math.log),
    sideBySide(of("next_hidden")),
    sideBySide(of("next_cell")),
    mean(of("attention")),
  ];
  return parityRows(joined.outputs, expected, actual).map((row) => ({
    ...row,
    graph: "ensemble",
    precision: "fp32" as const,
  }));
}

async function valuesOf(tensors: ReturnType<typeof stepInputs>): Promise<Record<string, Values>> {
  const entries = Object.entries(tensors).map(async ([name, tensor]) => {
    return [name, { dtype: tensor.dtype, shape: tensor.shape, data: await tensor.data() }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const numbers = ({ data }: Values) => Array.from(data, Number);
const mapped = (values: Values, change: (x: number) => number): Values => ({
  ...values,
  data: numbers(values).map(change),
});

/** Along the last axis, in double precision. */
function softmax(logits: Values): Values {
  const size = logits.shape.at(-1)!;
  const all = numbers(logits);
  const result: number[] = [];
  for (let start = 0; start < all.length; start += size) {
    const row = all.slice(start, start + size);
    const peak = Math.max(...row);
    const exponentials = row.map((x) => Math.exp(x - peak));
    const sum = exponentials.reduce((total, x) => total + x, 0);
    result.push(...exponentials.map((x) => x / sum));
  }
  return { ...logits, data: result };
}

function mean(all: Values[]): Values {
  const data = numbers(all[0]!).map((_, i) => all.reduce((sum, { data }) => sum + Number(data[i]), 0) / all.length);
  return { ...all[0]!, data };
}

/** Joined along the last axis. */
function sideBySide(all: Values[]): Values {
  const sizes = all.map(({ shape }) => shape.at(-1)!);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const [{ shape, dtype }] = all as [Values];
  const rows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const data = new Float32Array(rows * total);
  let place = 0;
  for (const [i, values] of all.entries()) {
    const size = sizes[i]!;
    for (let row = 0; row < rows; row++) {
      for (let k = 0; k < size; k++) data[row * total + place + k] = Number(values.data[row * size + k]);
    }
    place += size;
  }
  return { dtype, shape: [...shape.slice(0, -1), total], data };
}
