import { cast } from "../../emit/cast.js";
import { splitsOf, unfolded } from "../../emit/ragged.js";
import { reduce } from "../../emit/reduce.js";
import { extents, reshape, slice, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { registerOperator } from "../../read/graph-model/registry.js";
import { needsTexts } from "./string.js";

const number = (b: GraphBuilder, value: number) => b.constant(int64([value]), "number");

const texts = (b: GraphBuilder, ...data: string[]) =>
  b.constant({ dtype: "string", shape: [data.length], data }, "texts");

const from = (b: GraphBuilder, x: Value, start: number, end: number) => slice(b, x, [{ axis: 0, start, end }]);

/** One n-gram each: the row of tokens that it is of, the place of its first token there, and how many it takes. */
interface Grams {
  row: Value;
  start: Value;
  width: Value;
}

/** Joins the tokens of each n-gram; those before and behind its row are pads. */
function join(b: GraphBuilder, grams: Grams, splits: Value, data: Value, longest: number, marks: string[]): Value {
  const [separator, left, right] = marks as [string, string, string];
  const count = extents(b, data);
  const words = b.add("Concat", [data, texts(b, left, right, "")], { axis: 0 });
  const separators = texts(b, "", separator);
  const [begin, end] = [grams.row, b.add("Add", [grams.row, number(b, 1)])].map((row) =>
    b.add("Gather", [splits, row]),
  );
  const length = b.add("Sub", [end!, begin!]);
  let result: Value | undefined;
  for (let k = 0; k < longest; k++) {
    const place = b.add("Add", [grams.start, number(b, k)]);
    const isPart = b.add("Less", [number(b, k), grams.width]);
    const behind = b.add("GreaterOrEqual", [place, length]);
    let index = b.add("Where", [behind, b.add("Add", [count, number(b, 1)]), b.add("Add", [begin!, place])]);
    index = b.add("Where", [b.add("Less", [place, number(b, 0)]), count, index]);
    index = b.add("Where", [isPart, index, b.add("Add", [count, number(b, 2)])]);
    const word = b.add("Gather", [words, index]);
    const gap = b.add("Gather", [separators, cast(b, isPart, "int64")]);
    result = result ? b.add("StringConcat", [b.add("StringConcat", [result, gap]), word]) : word;
  }
  return result!;
}

registerOperator(
  "StringNGrams",
  (node) => {
    needsTexts(node);
    const { b, x, attributes } = node;
    const splits = cast(b, node.input(1), "int64");
    const widths = attributes.ints("ngram_widths", []).map((width) => node.count(width, "width"));
    if (widths.length === 0) throw node.invalid("it has no widths");
    const pad = attributes.int("pad_width", 0);
    const pads = widths.map((width) => Math.min(pad < 0 ? width - 1 : pad, width - 1));
    const lengths = b.add("Sub", [from(b, splits, 1, Number.POSITIVE_INFINITY), from(b, splits, 0, -1)]);
    const column = unsqueeze(b, lengths, [1]);
    const more = b.constant(int64(widths.map((width, i) => 2 * pads[i]! - width + 1)), "more");
    const least = b.constant(scalar(0, "int64"), "zero");
    // Without any token TensorFlow.js pads nothing.
    const some = b.add("Min", [b.add("Size", [x]), b.constant(scalar(1, "int64"), "one")]);
    let counts = b.add("Mul", [b.add("Max", [b.add("Add", [column, more]), least]), some]);
    const rows = extents(b, counts, 0, 1);
    const all = b.add("Concat", [rows, number(b, widths.length)], { axis: 0 });
    let width = b.add("Expand", [b.constant(int64(widths), "widths"), all]);
    let before = b.add("Expand", [b.constant(int64(pads), "pads"), all]);
    if (attributes.bool("preserve_short_sequences", false)) {
      // A row that is too short for any width is one n-gram of all its tokens and pads.
      const none = b.add("Equal", [reduce(b, "ReduceSum", counts, [1], true), least]);
      const kept = b.add("And", [none, b.add("Greater", [column, least])]);
      counts = b.add("Concat", [counts, cast(b, kept, "int64")], { axis: 1 });
      width = b.add("Concat", [width, b.add("Add", [column, number(b, 2 * pad)])], { axis: 1 });
      before = b.add("Concat", [before, b.add("Expand", [number(b, pad), extents(b, column)])], { axis: 1 });
    }
    const cells = unfolded(b, splitsOf(b, reshape(b, counts, [-1])));
    const ofCell = (values: Value) => b.add("Gather", [reshape(b, values, [-1]), cells.rows]);
    const grams = {
      row: b.add("Div", [cells.rows, number(b, Number(counts.shape[1]))]),
      start: b.add("Sub", [cells.offsets, ofCell(before)]),
      width: ofCell(width),
    };
    const marks = ["separator", "left_pad", "right_pad"].map((name) => attributes.string(name, "").toLowerCase());
    const joined = join(b, grams, splits, x, Math.max(...widths), marks);
    return [joined, cast(b, splitsOf(b, reduce(b, "ReduceSum", counts, [1])), "int32")];
  },
  {
    becomes: "Gather and StringConcat for each token of the longest n-gram",
    limits: "opset 20 and later",
    outputs: ["ngrams", "ngrams_splits"],
  },
);
