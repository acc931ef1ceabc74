import * as tf from "@tensorflow/tfjs";
import { constant, counting, frame, int, ints, libraryFunction, whileNode } from "./control-flow.js";
import { noiseTensor } from "./conversion.js";
import { attr, numbered, type TestGraph } from "./graph-model.js";

/** Small graph-models that together hold what readers trip over: each converts, and is a start for mutants. */

/** Convolutions, plain, depthwise and fused, and what networks put between them. */
function network(): TestGraph {
  const window = (extent: number) => attr.ints([1, extent, extent, 1]);
  const same = { strides: window(1), padding: attr.string("SAME"), data_format: attr.string("NHWC") };
  return {
    inputs: { image: { shape: [-1, 8, 8, 3], dtype: "float32" } },
    constants: {
      kernel: noiseTensor([3, 3, 3, 4]),
      deep: noiseTensor([3, 3, 4, 1]),
      bias: noiseTensor([4]),
      variance: tf.fill([4], 0.5),
      pads: tf.tensor2d([0, 0, 1, 1, 1, 1, 0, 0], [4, 2], "int32"),
      size: ints([6, 6]),
      zero: tf.scalar(0),
      flat: ints([-1, 144]),
      dense: noiseTensor([144, 2]),
    },
    nodes: [
      { name: "conv", op: "Conv2D", input: ["image", "kernel"], attr: { ...same, dilations: window(1) } },
      {
        name: "norm",
        op: "FusedBatchNormV3",
        input: ["conv", "bias", "bias", "bias", "variance"],
        attr: { epsilon: attr.float(0.001), is_training: attr.bool(false) },
      },
      { name: "relu", op: "Relu6", input: ["norm"] },
      { name: "pad", op: "PadV2", input: ["relu", "pads", "zero"] },
      { name: "depthwise", op: "DepthwiseConv2dNative", input: ["pad", "deep"], attr: { ...same, strides: window(2) } },
      {
        name: "fused",
        op: "FusedDepthwiseConv2dNative",
        input: ["depthwise", "deep", "bias"],
        attr: { ...same, num_args: attr.int(1), fused_ops: attr.strings(["BiasAdd", "Relu"]), epsilon: attr.float(0) },
      },
      { name: "pool", op: "MaxPool", input: ["fused"], attr: { ...same, ksize: window(3) } },
      {
        name: "resize",
        op: "ResizeBilinear",
        input: ["pool", "size"],
        attr: { align_corners: attr.bool(false), half_pixel_centers: attr.bool(true) },
      },
      { name: "row", op: "Reshape", input: ["resize", "flat"] },
      {
        name: "logits",
        op: "MatMul",
        input: ["row", "dense"],
        attr: { transpose_a: attr.bool(false), transpose_b: attr.bool(false) },
      },
      { name: "y", op: "Softmax", input: ["logits"] },
    ],
    outputs: ["y", "resize"],
  };
}

/** Shapes that a graph computes, cuts, joins and feeds back into itself. */
function shapes(): TestGraph {
  return {
    inputs: { x: { shape: [-1, 6], dtype: "float32" } },
    constants: {
      zero: int(0),
      one: int(1),
      two: int(2),
      six: int(6),
      begin: ints([0]),
      end: ints([1]),
      picked: ints([2, 0, 5]),
      order: ints([1, 0]),
      repeats: ints([1, 2]),
      minus: ints([-1]),
      half: tf.scalar(0.5),
      off: tf.scalar(0),
    },
    nodes: [
      { name: "shape", op: "Shape", input: ["x"], attr: { out_type: attr.dtype("int32") } },
      {
        name: "batch",
        op: "StridedSlice",
        input: ["shape", "begin", "end", "end"],
        attr: { shrink_axis_mask: attr.int(1), begin_mask: attr.int(0), ellipsis_mask: attr.int(0) },
      },
      { name: "wanted", op: "Pack", input: ["batch", "two", "three"], attr: { N: attr.int(3), axis: attr.int(0) } },
      { name: "three", op: "AddV2", input: ["one", "two"] },
      { name: "cube", op: "Reshape", input: ["x", "wanted"] },
      { name: "filled", op: "Fill", input: ["wanted", "half"] },
      { name: "sum", op: "AddV2", input: ["cube", "filled"] },
      { name: "counted", op: "Range", input: ["zero", "batch", "one"], attr: { Tidx: attr.dtype("int32") } },
      {
        name: "hot",
        op: "OneHot",
        input: ["counted", "six", "half", "off"],
        attr: { axis: attr.int(-1), T: attr.dtype("float32") },
      },
      { name: "rows", op: "GatherV2", input: ["x", "picked", "one"], attr: { batch_dims: attr.int(0) } },
      { name: "turned", op: "Transpose", input: ["rows", "order"] },
      { name: "tiled", op: "Tile", input: ["rows", "repeats"] },
      { name: "joined", op: "ConcatV2", input: ["tiled", "hot", "one"], attr: { N: attr.int(2) } },
      { name: "cut", op: "Split", input: ["one", "joined"], attr: { num_split: attr.int(3) } },
      { name: "best", op: "TopKV2", input: ["cut:1", "two"], attr: { sorted: attr.bool(true) } },
      { name: "most", op: "ArgMax", input: ["sum", "minus_one"], attr: { output_type: attr.dtype("int32") } },
      { name: "minus_one", op: "Sub", input: ["zero", "one"] },
      { name: "mean", op: "Mean", input: ["sum", "minus"], attr: { keep_dims: attr.bool(true) } },
      { name: "less", op: "Less", input: ["sum", "mean"] },
      { name: "chosen", op: "SelectV2", input: ["less", "sum", "mean"] },
      { name: "wide", op: "Cast", input: ["most"], attr: { DstT: attr.dtype("float32"), SrcT: attr.dtype("int32") } },
      {
        name: "product",
        op: "Einsum",
        input: ["chosen", "wide"],
        attr: { equation: attr.string("abc,ab->ac"), N: attr.int(2) },
      },
      { name: "where", op: "Where", input: ["less"] },
    ],
    outputs: ["product", "best", "best:1", "turned", "where"],
  };
}

/** A loop of TensorFlow 1 that fills an array, in a conditional of TensorFlow 1. */
function oldControlFlow(): TestGraph {
  return {
    inputs: { p: { shape: [], dtype: "bool" }, x: { shape: [4, 2], dtype: "float32" } },
    constants: { zero: int(0), one: int(1), four: int(4), all: ints([0, 1, 2, 3]) },
    nodes: [
      { name: "switch", op: "Switch", input: ["x", "p"] },
      {
        name: "array",
        op: "TensorArrayV3",
        input: ["four"],
        attr: {
          dtype: attr.dtype("float32"),
          element_shape: attr.shape([2]),
          identical_element_shapes: attr.bool(true),
        },
      },
      { name: "rows", op: "TensorArrayV3", input: ["four"], attr: { dtype: attr.dtype("float32") } },
      { name: "scatter", op: "TensorArrayScatterV3", input: ["rows", "all", "switch:1", "rows:1"] },
      ...frame(
        "loop",
        [
          { name: "i", start: "zero", next: "more" },
          { name: "flow", start: "array:1", next: "write" },
        ],
        { n: "four", handle: "array", source: "rows", read_flow: "scatter" },
        "less",
      ),
      { name: "less", op: "Less", input: ["i/merge", "n/enter"] },
      { name: "more", op: "AddV2", input: ["i/body", "one"] },
      {
        name: "read",
        op: "TensorArrayReadV3",
        input: ["source/enter", "i/body", "read_flow/enter"],
        attr: { dtype: attr.dtype("float32") },
      },
      { name: "double", op: "AddV2", input: ["read", "read"] },
      { name: "write", op: "TensorArrayWriteV3", input: ["handle/enter", "i/body", "double", "flow/body"] },
      {
        name: "gather",
        op: "TensorArrayGatherV3",
        input: ["array", "all", "flow/exit"],
        attr: { dtype: attr.dtype("float32"), element_shape: attr.shape([2]) },
      },
      { name: "other", op: "Neg", input: ["switch"] },
      { name: "y", op: "Merge", input: ["other", "gather"] },
    ],
    outputs: ["y"],
  };
}

/** A loop with a list, around a conditional, all as functions. */
function functions(): TestGraph {
  const args = { i: "int32", n: "int32", list: "list", x: "float32" } as const;
  const dtype = { element_dtype: attr.dtype("float32") };
  return {
    inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [-1, 2], dtype: "float32" } },
    constants: { zero: int(0), one: int(1), two: int(2), element: ints([-1, 2]) },
    nodes: [
      { name: "reserve", op: "TensorListReserve", input: ["element", "n"], attr: dtype },
      whileNode("while", ["zero", "n", "reserve", "x"]),
      {
        name: "stack",
        op: "TensorListStack",
        input: ["while:2", "element"],
        attr: { ...dtype, num_elements: attr.int(-1) },
      },
    ],
    functions: [
      libraryFunction("while_cond", args, [counting.less], ["less:z:0"]),
      libraryFunction(
        "while_body",
        args,
        [
          constant("one"),
          constant("two"),
          counting.next,
          { name: "early", op: "Less", input: ["i", "two:output:0"] },
          {
            name: "if",
            op: "StatelessIf",
            input: ["early:z:0", "x"],
            attr: { then_branch: attr.func("double"), else_branch: attr.func("halve") },
          },
          { name: "write", op: "TensorListSetItem", input: ["list", "i", "if:output:0"], attr: dtype },
        ],
        ["next:z:0", "n", "write:output_handle:0", "x"],
      ),
      libraryFunction("double", { x: "float32" }, [{ name: "y", op: "AddV2", input: ["x", "x"] }], ["y:z:0"]),
      libraryFunction("halve", { x: "float32" }, [{ name: "y", op: "Neg", input: ["x"] }], ["y:y:0"]),
    ],
    outputs: ["stack", "while:3"],
  };
}

/** Words looked up in a table, and their n-grams. */
function words(): TestGraph {
  const types = { key_dtype: attr.dtype("string"), value_dtype: attr.dtype("int32") };
  const table = { name: "table", op: "HashTableV2", attr: types };
  return {
    inputs: { text: { shape: [4], dtype: "string" } },
    constants: {
      keys: tf.tensor1d(["the", "héllo", ""]),
      values: ints([1, 2, 3]),
      missing: int(-1),
      splits: ints([0, 2, 4]),
      embedding: numbered([4, 2]),
      axis: int(0),
    },
    initializer: [table, { name: "fill", op: "LookupTableImportV2", input: ["table", "keys", "values"] }],
    nodes: [
      table,
      { name: "ids", op: "LookupTableFindV2", input: ["table", "text", "missing"] },
      { name: "known", op: "Maximum", input: ["ids", "axis"] },
      { name: "rows", op: "GatherV2", input: ["embedding", "known", "axis"] },
      {
        name: "grams",
        op: "StringNGrams",
        input: ["text", "splits"],
        attr: {
          separator: attr.string("|"),
          left_pad: attr.string("<"),
          right_pad: attr.string(">"),
          ngram_widths: attr.ints([1, 2]),
          pad_width: attr.int(0),
          preserve_short_sequences: attr.bool(false),
        },
      },
    ],
    outputs: ["rows", "ids", "grams"],
  };
}

/** Operators whose results have as many rows as their inputs' values say. */
function detections(): TestGraph {
  return {
    inputs: { boxes: { shape: [-1, 4], dtype: "float32" }, scores: { shape: [-1], dtype: "float32" } },
    constants: {
      most: int(3),
      overlap: tf.scalar(0.5),
      least: tf.scalar(0.1),
      axis: int(0),
      indices: tf.tensor2d([0, 1, 2, 3], [2, 2], "int32"),
      dense: ints([3, 4]),
      values: tf.tensor1d([1, 2]),
      off: tf.scalar(0),
      ids: ints([0, 0, 2]),
      segments: int(3),
      none: tf.tensor1d([], "float32"),
    },
    nodes: [
      { name: "nms", op: "NonMaxSuppressionV3", input: ["boxes", "scores", "most", "overlap", "least"] },
      { name: "kept", op: "GatherV2", input: ["boxes", "nms", "axis"] },
      { name: "sparse", op: "SparseToDense", input: ["indices", "dense", "values", "off"] },
      {
        name: "counts",
        op: "DenseBincount",
        input: ["ids", "segments", "none"],
        attr: { binary_output: attr.bool(false) },
      },
      { name: "unique", op: "Unique", input: ["ids"] },
      { name: "scattered", op: "ScatterNd", input: ["indices", "values", "dense"] },
      {
        name: "running",
        op: "Cumsum",
        input: ["kept", "axis"],
        attr: { exclusive: attr.bool(true), reverse: attr.bool(false) },
      },
    ],
    outputs: ["running", "sparse", "counts", "unique", "scattered"],
  };
}

export const GRAPH_SAMPLES: Record<string, () => TestGraph> = {
  network,
  shapes,
  oldControlFlow,
  functions,
  words,
  detections,
};
