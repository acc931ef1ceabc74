import { type ParityRow, parityRows, runGraph, type Values } from "../../../converter/verify/index.js";
import { type GraphParity, stepInputs, testImages } from "../graphs.js";
import type { Built } from "../members.js";

/** Images that the encoders are compared on, and rows of the decoders' batch. */
const [IMAGES, ROWS] = [2, 3];

/** Runs an ensemble in float32 beside its members, on the same inputs, and compares what it gives with what theirs come to. */
export async function ensembleParity(built: Built): Promise<GraphParity[]> {
  return [...(await encoderRows(built)), ...(await decoderRows(built))];
}

async function encoderRows({ runs, members, encoder }: Built): Promise<GraphParity[]> {
  const { height, width } = runs[0]!.backbone.input;
  const shape = [IMAGES, height, width, 3];
  const image = { dtype: "uint8", shape, data: testImages(IMAGES, height, width) };
  const results = await inTurn(members, ({ encoder }) => runGraph(encoder, (run) => run({ image })));
  const actual = await runGraph(encoder, (run) => run({ image }));
  const expected = encoder.outputs.map(({ name }) => sideBySide(results.map((result) => result[name]!)));
  return rowsOf("ensemble encoder", parityRows(encoder.outputs, expected, actual));
}

async function decoderRows({ runs, members, decoder: joined }: Built): Promise<GraphParity[]> {
  const given = await Promise.all(runs.map(({ captioner }) => valuesOf(stepInputs(captioner, ROWS))));
  const token = { ...given[0]!.token!, dtype: "int64", shape: [ROWS] };
  const results = await inTurn(members, ({ decoder }, i) => runGraph(decoder, (run) => run({ ...given[i], token })));
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
  return rowsOf("ensemble decoder", parityRows(joined.outputs, expected, actual));
}

function rowsOf(graph: string, rows: ParityRow[]): GraphParity[] {
  return rows.map((row) => ({ ...row, graph, precision: "fp32" }));
}

/** One after the other: each graph may be large. */
async function inTurn<T, R>(items: readonly T[], work: (item: T, place: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [place, item] of items.entries()) results.push(await work(item, place));
  return results;
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
