import { fill } from "../../../converter/emit/fill.js";
import { extent, joined, squeeze } from "../../../converter/emit/shape.js";
import { GraphBuilder, type Value } from "../../../converter/graph/builder.js";
import { inline } from "../../../converter/graph/inline.js";
import { int64, scalar } from "../../../converter/graph/tensor.js";
import type { Graph } from "../../../converter/index.js";
import { ShowtellError } from "../../../errors/index.js";
import type { SpecialTokens } from "../../../runtime/core/index.js";
import { type SearchSetting, type SearchState, searchStep } from "./search-step.js";

export interface CaptionerSearch {
  tokens: SpecialTokens;
  /** As DecodingOptions has it. */
  lengthExponent: number;
  /** Beam and most words where they are no inputs, but always the same. */
  fixed?: { beam: number; maxLength: number };
}

/**
 * Encoder and decoder as one graph from pixels to words: the decoder is the body of a Loop that searches as
 * `runtime/core/decode` does, step for step, on the same rows, so that it gives the same tokens.
 *
 * Inputs: `image` as the encoder's, `max_length` int64 [] (most words), `beam` int64 [] (hypotheses an image; 1 is
 * greedy); less than 1 is taken for 1. Outputs: `tokens` int64 [N, T] without start and end, <pad> after the last word,
 * T the longest caption's words; `scores` float32 [N], log-probability / (words + 1)^lengthExponent; `attention` float32
 * [N, T, L], zero after the last word.
 *
 * @throws ShowtellError CONVERT_INVALID_MODEL where the two do not fit together
 */
export function buildCaptioner(
  { encoder, decoder }: { encoder: Graph; decoder: Graph },
  { tokens, lengthExponent, fixed }: CaptionerSearch,
): Graph {
  if (encoder.opset !== decoder.opset) {
    const sets = `opset ${encoder.opset} and opset ${decoder.opset}`;
    throw new ShowtellError("CONVERT_INVALID_MODEL", `Encoder and decoder cannot be joined: they are of ${sets}.`);
  }
  const b = new GraphBuilder(encoder.opset);
  const [pixels] = encoder.inputs as [Graph["inputs"][number]];
  const image = b.input(pixels.name, pixels.dtype, pixels.shape);
  const number = (name: string, value?: number) =>
    value === undefined
      ? atLeastOne(b, b.input(name, "int64", []))
      : b.constant(scalar(Math.max(1, value), "int64"), name);
  const maxLength = number("max_length", fixed?.maxLength);
  const beam = number("beam", fixed?.beam);
  const encoded = inline(b, encoder, { [pixels.name]: image }, "encoder");
  const images = extent(b, image, 0); // [1]
  const setting: SearchSetting = {
    decoder,
    encoded,
    images,
    maxLength,
    beam,
    tokens,
    lengthExponent,
    vocabulary: lastExtent(decoder, "logits"),
    locations: lastExtent(decoder, "attention"),
  };
  const found = b.within("search", () => search(b, setting));
  const longest = b.within("result", () => b.add("ReduceMax", [found.lengths], { keepdims: 1 })); // [1]
  const cut = (x: Value) =>
    b.add("Slice", [x, b.constant(int64([0]), "starts"), longest, b.constant(int64([1]), "axes")]);
  const written = b.within("result", () => [cut(found.words), cut(found.maps)] as const);
  const count = image.shape[0]!;
  written[0].shape = [count, "T"];
  written[1].shape = [count, "T", setting.locations];
  return b.finish(
    "captioner",
    [
      { name: "tokens", value: written[0] },
      { name: "scores", value: b.within("result", () => b.add("Cast", [found.scores], { to: 1 })) },
      { name: "attention", value: written[1] },
    ],
    { metadata: {}, doc: "Captions by beam search; see model.json for inputs and outputs." },
  );
}

const atLeastOne = (b: GraphBuilder, x: Value) => b.add("Max", [x, b.constant(scalar(1, "int64"), "one")]);

function lastExtent(graph: Graph, output: string): number {
  const size = graph.outputs.find(({ name }) => name === output)?.shape.at(-1);
  if (typeof size === "number") return size;
  throw new ShowtellError("CONVERT_INVALID_MODEL", `The decoder's output ${output} has no known size.`);
}

/** The best captions of all images. */
function search(b: GraphBuilder, setting: SearchSetting) {
  const { images, beam, maxLength, encoded, locations, tokens } = setting;
  const none = b.constant(int64([0]), "none");
  const [noWords, noMaps] = [joined(b, [images, none]), joined(b, [images, none, b.constant(int64([locations]))])];
  const places = b.add("Range", [
    b.constant(scalar(0, "int64"), "first"),
    squeeze(b, images, [0]),
    b.constant(scalar(1, "int64"), "step"),
  ]);
  const initial: SearchState = {
    token: b.add("Expand", [b.constant(int64([tokens.start]), "start"), images]),
    hidden: encoded.hidden!,
    cell: encoded.cell!,
    slot: b.add("Mul", [places, beam]),
    logProbability: fill(b, images, 0, "float64"),
    words: fill(b, noWords, 0, "int64"),
    maps: fill(b, noMaps, 0, "float32"),
    bestScore: fill(b, images, Number.NEGATIVE_INFINITY, "float64"),
    bestWords: fill(b, noWords, 0, "int64"),
    bestMaps: fill(b, noMaps, 0, "float32"),
    bestLength: fill(b, images, 0, "int64"),
  };
  const names = Object.keys(initial) as (keyof SearchState)[];
  const count = images.contents?.[0] ?? "N";
  const { hidden, cell } = initial;
  // Rows come and go, words grow: each step has extents of its own for them.
  const shapes: Record<keyof SearchState, Value["shape"]> = {
    token: ["R"],
    hidden: ["R", ...hidden.shape.slice(1)],
    cell: ["R", ...cell.shape.slice(1)],
    slot: ["R"],
    logProbability: ["R"],
    words: ["R", "t"],
    maps: ["R", "t", locations],
    bestScore: [count],
    bestWords: [count, "t"],
    bestMaps: [count, "t", locations],
    bestLength: [count],
  };
  const body = b.body("step", (inner) => {
    const step = inner.input("step", "int64", []);
    inner.input("go_on", "bool", []);
    const state = Object.fromEntries(
      names.map((name) => [name, inner.input(`state/${name}`, initial[name].dtype, shapes[name])]),
    ) as unknown as SearchState;
    const { goOn, next } = searchStep(inner, step, state, setting);
    return [goOn, ...names.map((name) => next[name])];
  });
  const outputs = b.addWithBodies(
    "Loop",
    [
      b.add("Add", [maxLength, b.constant(scalar(1, "int64"), "one")]), // the last step writes <end>
      b.constant({ dtype: "bool", shape: [], data: Uint8Array.of(1) }, "go_on"),
      ...names.map((name) => initial[name]),
    ],
    { body },
    names.map((name) => ({
      dtype: initial[name].dtype,
      shape: shapes[name].map((dim) => (dim === "R" || dim === "t" ? b.symbol(`${name}_${dim}`) : dim)),
    })),
  );
  const result = (name: keyof SearchState) => outputs[names.indexOf(name)]!;
  return {
    scores: result("bestScore"),
    words: result("bestWords"),
    maps: result("bestMaps"),
    lengths: result("bestLength"),
  };
}
