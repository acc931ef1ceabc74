import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { operatorTable } from "../converter/read/graph-model/registry.js";
import { attr, numbered, type TestGraph } from "./graph-model.js";

/** Tensors that any node may read, sensible or not: fed ones, and constants that stand for axes, shapes and counts. */
const FED: TestGraph["inputs"] = {
  scalar: { shape: [], dtype: "float32" },
  count: { shape: [], dtype: "int32" },
  row: { shape: [4], dtype: "float32" },
  places: { shape: [-1], dtype: "int32" },
  matrix: { shape: [-1, 4], dtype: "float32" },
  flags: { shape: [2, 4], dtype: "bool" },
  images: { shape: [-1, 8, 8, 4], dtype: "float32" },
  volume: { shape: [1, 4, -1, 4, 2], dtype: "float32" },
  words: { shape: [3], dtype: "string" },
  nothing: { shape: [0], dtype: "float32" },
  huge: { shape: [1e9], dtype: "float32" },
  vast: { shape: [2 ** 40, 4], dtype: "int32" },
};

const WHOLE: number[][] = [
  ...[[], [0], [1], [-1], [2], [0, 1], [1, 0], [2, 2], [-1, 4], [1, 2, 3], [0, 0, 0, 0], [1, 8, 8, 4]],
  ...[[1e9], [1e9, 1e9], [2 ** 31 - 1], [-(2 ** 31)], [4, -7], [0, 0, 1, 1, 1, 1, 0, 0]],
];

/** Attributes by kind, under the names that operators read. */
const NAMES = {
  ints: ["strides", "dilations", "ksize", "explicit_paddings", "ngram_widths", "squeeze_dims", "axis"],
  int: [
    "N",
    "num",
    "num_split",
    "axis",
    "block_size",
    "depth_radius",
    "batch_dims",
    "pad_width",
    "num_args",
    "num_elements",
  ],
  masks: ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"],
  float: ["alpha", "beta", "bias", "epsilon", "stddev", "mean", "minval", "maxval", "seed", "extrapolation_value"],
  bool: [
    ...["keep_dims", "transpose_a", "transpose_b", "adj_x", "adj_y", "sorted", "exclusive", "reverse", "align_corners"],
    ...["half_pixel_centers", "is_training", "skip_empty", "binary_output", "pad_to_max_output_size"],
    ...["preserve_short_sequences", "include_batch_in_index"],
  ],
  string: ["padding", "data_format", "mode", "method", "equation", "interpolation", "fill_mode", "separator"],
  dtype: ["T", "dtype", "DstT", "Tidx", "element_dtype", "key_dtype", "value_dtype", "out_type", "output_type"],
  shape: ["shape", "element_shape"],
};

const INTEGERS = [-1, 0, 1, 2, 3, 4, 8, -7, 1e6, 1e9, 2 ** 31, 2 ** 53 - 1];
const TEXTS = [
  "SAME",
  "VALID",
  "EXPLICIT",
  "NHWC",
  "NCHW",
  "NDHWC",
  "REFLECT",
  "SYMMETRIC",
  "bilinear",
  "nearest",
  "ab,bc->ac",
  "a->b,",
  "",
  "ü",
];
const WINDOWS = [
  [1, 2, 2, 1],
  [1, 1, 1, 1],
  [2],
  [],
  [0, 0, 0, 0],
  [1, 1e9, 1e9, 1],
  [1, -1, -1, 1],
  [1, 2, 2, 2, 1],
  [1, 1, 3, 1],
  [3, 5],
];

const from = <T>(values: readonly T[]) => fc.constantFrom(...values);
const values: Record<keyof typeof NAMES, fc.Arbitrary<unknown>> = {
  ints: from(WINDOWS).map(attr.ints),
  int: from(INTEGERS).map(attr.int),
  masks: fc.nat(15).map(attr.int),
  float: from([0, 1, -1, 0.5, Number.NaN, 1e38, Number.POSITIVE_INFINITY]).map(attr.float),
  bool: fc.boolean().map(attr.bool),
  string: from(TEXTS).map((text) => attr.string(unescape(encodeURIComponent(text)))),
  dtype: from(["float32", "int32", "bool", "string"] as const).map(attr.dtype),
  shape: from(WHOLE).map(attr.shape),
};

const attributes = fc.record(
  Object.fromEntries(
    (Object.keys(NAMES) as (keyof typeof NAMES)[]).flatMap((kind) => NAMES[kind].map((name) => [name, values[kind]])),
  ),
  { requiredKeys: [] },
);

/** Graphs of one node of any operator, of any inputs and attributes. */
export function anyOperator(): fc.Arbitrary<TestGraph> {
  const whole = Object.fromEntries(WHOLE.map((list, i) => [`whole_${i}`, tf.tensor1d(list, "int32")]));
  const single = Object.fromEntries(
    INTEGERS.slice(0, -2).map((value, i) => [`single_${i}`, tf.scalar(value, "int32")]),
  );
  const weights = Object.fromEntries(
    [[], [4], [4, 4], [3, 3, 4, 2], [1, 1, 4, 1], [2, 2, 2, 4, 2], [2, 0]].map((shape, i) => [
      `weight_${i}`,
      numbered(shape),
    ]),
  );
  const constants = { ...whole, ...single, ...weights, texts: tf.tensor1d(["a", "b"]), text: tf.scalar("|") };
  const names = [...Object.keys(FED), ...Object.keys(FED), ...Object.keys(constants)];
  const ops = operatorTable().map(([name]) => name);
  return fc.record({ op: from(ops), input: fc.array(from(names), { maxLength: 7 }), attributes }).map((drawn) => ({
    inputs: FED,
    constants,
    nodes: [{ name: "node", op: drawn.op, input: drawn.input, attr: drawn.attributes }],
    outputs: ["node"],
  }));
}
