import { cast } from "../../../converter/emit/cast.js";
import { gather } from "../../../converter/emit/gather.js";
import { reduce } from "../../../converter/emit/reduce.js";
import { extent, joined, reshape, squeeze, unsqueeze } from "../../../converter/emit/shape.js";
import type { GraphBuilder, Value } from "../../../converter/graph/builder.js";
import { inline } from "../../../converter/graph/inline.js";
import { full, int64, scalar } from "../../../converter/graph/tensor.js";
import type { Graph, Tensor } from "../../../converter/index.js";
import type { SpecialTokens } from "../../../runtime/core/index.js";
import { bestCandidates } from "./candidates.js";

/** What stays the same during a search: N images, K hypotheses each. */
export interface SearchSetting {
  decoder: Graph;
  /** The encoder's outputs. */
  encoded: Record<string, Value>;
  /** [1] N */
  images: Value;
  /** [] */
  maxLength: Value;
  /** [] K */
  beam: Value;
  tokens: SpecialTokens;
  lengthExponent: number;
  /** V */
  vocabulary: number;
  /** L */
  locations: number;
}

/** What goes from word to word: R live hypotheses in the order of their images, t words each, and the best captions. */
export interface SearchState {
  /** int64 [R] the word before */
  token: Value;
  /** [R, H] */
  hidden: Value;
  /** [R, H] */
  cell: Value;
  /** int64 [R] image * K + place in the image's beam */
  slot: Value;
  /** float64 [R] */
  logProbability: Value;
  /** int64 [R, t] */
  words: Value;
  /** [R, t, L] */
  maps: Value;
  /** float64 [N], -Infinity before a caption is finished */
  bestScore: Value;
  /** int64 [N, t] */
  bestWords: Value;
  /** [N, t, L] */
  bestMaps: Value;
  /** int64 [N] */
  bestLength: Value;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** One word: the decoder on all live hypotheses, their best continuations, the finished ones taken out. */
export function searchStep(
  b: GraphBuilder,
  step: Value,
  state: SearchState,
  setting: SearchSetting,
): { goOn: Value; next: SearchState } {
  const { decoder, encoded, beam, maxLength, tokens, images, locations } = setting;
  const number = (value: number, dtype: "float64" | "int64" = "float64") => b.constant(scalar(value, dtype), "number");
  const image = b.add("Div", [state.slot, beam]); // [R]
  const { token, hidden, cell } = state;
  const features = gather(b, encoded.features!, image, 0); // [R, L, D]
  const projected = gather(b, encoded.projected!, image, 0); // [R, L, A]
  const output = inline(b, decoder, { token, hidden, cell, features, projected }, "decoder");
  const candidates = bestCandidates(b, logProbabilities(b, output.logits!, step, state, setting), state.slot, setting);

  // [N, K] each
  const valid = b.add("Greater", [candidates.logProbability, number(NEVER)]);
  const isEnd = b.add("Equal", [candidates.token, number(tokens.end, "int64")]);
  const ended = b.add("And", [valid, isEnd]);
  const alive = b.add("And", [valid, b.add("Not", [isEnd])]);
  const only = (which: Value) => b.add("Where", [which, candidates.logProbability, number(NEVER)]);

  // The likeliest ended one has the best score of them; it must be better than what was finished before.
  const lengthened = (words: Value) => {
    const terms = cast(b, b.add("Add", [words, number(1, "int64")]), "float64");
    return b.add("Pow", [terms, number(setting.lengthExponent)]);
  };
  const score = b.add("Div", [reduce(b, "ReduceMax", only(ended), [1]), lengthened(step)]); // [N]
  const better = b.add("Greater", [score, state.bestScore]);
  const at = b.add("ArgMax", [cast(b, ended, "int32")], { axis: 1, keepdims: 1 }); // [N, 1]
  const finisher = squeeze(b, b.add("GatherElements", [candidates.parent, at], { axis: 1 }), [1]); // [N]
  const bestScore = b.add("Where", [better, score, state.bestScore]);
  const bestLength = b.add("Where", [better, step, state.bestLength]);
  const bestWords = b.add("Where", [unsqueeze(b, better, [1]), gather(b, state.words, finisher, 0), state.bestWords]);
  const bestMaps = b.add("Where", [unsqueeze(b, better, [1, 2]), gather(b, state.maps, finisher, 0), state.bestMaps]);

  // Log-probabilities only fall and lengths are bounded: an image is done where no hypothesis can be better any more.
  const bound = b.add("Div", [reduce(b, "ReduceMax", only(alive), [1]), lengthened(maxLength)]);
  const open = b.add("Less", [bestScore, bound]); // [N]
  const live = reshape(b, b.add("And", [alive, unsqueeze(b, open, [1])]), [-1]); // [N * K]
  const slot = squeeze(b, b.add("NonZero", [live]), [0]); // [R']
  const taken = (of: Value) => gather(b, reshape(b, of, [-1]), slot, 0);
  const parent = taken(candidates.parent);
  const word = taken(candidates.token);
  const longer = (before: Value, last: Value) => b.add("Concat", [before, last], { axis: 1 });
  const one = b.constant(int64([1]), "one");
  const expanded = (tensor: Tensor, ...shape: Value[]) =>
    b.add("Expand", [b.constant(tensor, "empty"), joined(b, shape)]);
  const next: SearchState = {
    token: word,
    hidden: gather(b, output.next_hidden!, parent, 0),
    cell: gather(b, output.next_cell!, parent, 0),
    slot,
    logProbability: taken(candidates.logProbability),
    words: longer(gather(b, state.words, parent, 0), unsqueeze(b, word, [1])),
    maps: longer(gather(b, state.maps, parent, 0), unsqueeze(b, gather(b, output.attention!, parent, 0), [1])),
    bestScore,
    bestWords: longer(bestWords, expanded(int64([tokens.pad], [1, 1]), images, one)),
    bestMaps: longer(bestMaps, expanded(full([1, 1, locations], 0), images, one, one)),
    bestLength,
  };
  const goOn = squeeze(b, b.add("Greater", [extent(b, slot, 0), b.constant(int64([0]), "none")]), [0]);
  return { goOn, next };
}

/** float64 [R, V]: of each hypothesis followed by each word; -Infinity for words that may not follow. */
function logProbabilities(
  b: GraphBuilder,
  logits: Value,
  step: Value,
  { logProbability }: SearchState,
  { tokens, vocabulary, maxLength }: SearchSetting,
): Value {
  const { pad, start, unk, end } = tokens;
  const forbidding = (name: string, isForbidden: (token: number) => boolean) => {
    const data = Float64Array.from({ length: vocabulary }, (_, token) => (isForbidden(token) ? NEVER : 0));
    return b.constant({ dtype: "float64", shape: [vocabulary], data }, name);
  };
  const never = new Set([pad, start, unk]);
  const isStep = (n: Value) => b.add("Equal", [step, n]);
  const allowed = b.add("Where", [
    isStep(maxLength),
    forbidding("only_end", (token) => token !== end),
    b.add("Where", [
      isStep(b.constant(scalar(0, "int64"), "first")),
      forbidding("no_end", (token) => never.has(token) || token === end),
      forbidding("words_or_end", (token) => never.has(token)),
    ]),
  ]);
  const precise = cast(b, logits, "float64");
  const total = reduce(b, "ReduceLogSumExp", precise, [1], true);
  const base = b.add("Sub", [unsqueeze(b, logProbability, [1]), total]); // [R, 1]
  return b.add("Add", [b.add("Add", [base, precise]), allowed]);
}
