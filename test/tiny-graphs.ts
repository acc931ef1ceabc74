import { type GraphPort, OnnxBuilder } from "./onnx-builder.js";
import { seeded } from "./random-decoder.js";

/** Sizes of the tiny captioner, under the names of the papers. */
export interface TinySizes {
  width: number;
  height: number;
  grid: [number, number];
  /** D */
  channels: number;
  /** A */
  attention: number;
  /** E */
  embedding: number;
  /** H */
  hidden: number;
  /** V */
  vocabulary: number;
  /** What each row of the attention sums to; 1 by default. */
  attentionTotal?: number;
}

export interface TinyGraph {
  bytes: Uint8Array;
  inputs: GraphPort[];
  outputs: GraphPort[];
}

const float = (name: string, ...shape: (number | string)[]): GraphPort => ({ name, dtype: "float32", shape });

function randomWeights(seed: number) {
  const random = seeded(seed);
  return (count: number, deviation: number): Float32Array =>
    Float32Array.from({ length: count }, () => (random() + random() + random() - 1.5) * 2 * deviation);
}

/** image -> features, projected, hidden, cell: one convolution per cell of the grid, a projection, the mean's two states. */
export function tinyEncoder(sizes: TinySizes, seed: number): TinyGraph {
  const { width, height, grid, channels: D, attention: A, hidden: H } = sizes;
  const L = grid[0] * grid[1];
  const kernel = [height / grid[0], width / grid[1]];
  const patch = 3 * kernel[0]! * kernel[1]!;
  const weights = randomWeights(seed);
  const g = new OnnxBuilder();
  g.node("Cast", ["image"], ["image_float"], { to: 1 });
  g.constant("half", [], Float32Array.of(127.5));
  g.node("Sub", ["image_float", "half"], ["centred"]);
  g.node("Div", ["centred", "half"], ["scaled"]); // [N, height, width, 3], -1 to 1
  g.node("Transpose", ["scaled"], ["planes"], { perm: [0, 3, 1, 2] });
  g.constant("patch_weights", [D, 3, ...kernel], weights(D * patch, 3 / Math.sqrt(patch)));
  g.node("Conv", ["planes", "patch_weights"], ["patches"], { strides: kernel, kernel_shape: kernel }); // [N, D, h, w]
  g.node("Tanh", ["patches"], ["activated"]);
  g.constant("locations", [3], BigInt64Array.of(0n, BigInt(D), -1n));
  g.node("Reshape", ["activated", "locations"], ["columns"]); // [N, D, L]
  g.node("Transpose", ["columns"], ["features"], { perm: [0, 2, 1] }); // [N, L, D]
  g.constant("projection", [D, A], weights(D * A, 2 / Math.sqrt(D)));
  g.node("MatMul", ["features", "projection"], ["projected"]);
  g.node("ReduceMean", ["features"], ["mean"], { axes: [1], keepdims: 0 }); // [N, D]
  for (const state of ["hidden", "cell"]) {
    g.constant(`${state}_weights`, [D, H], weights(D * H, 4 / Math.sqrt(D)));
    g.node("MatMul", ["mean", `${state}_weights`], [`${state}_linear`]);
    g.node("Tanh", [`${state}_linear`], [state]);
  }
  const inputs: GraphPort[] = [{ name: "image", dtype: "uint8", shape: ["N", height, width, 3] }];
  const outputs = [
    float("features", "N", L, D),
    float("projected", "N", L, A),
    float("hidden", "N", H),
    float("cell", "N", H),
  ];
  return { bytes: g.bytes(inputs, outputs), inputs, outputs };
}

/** One step: additive attention, an LSTM cell over [word, context, state], a linear output layer. */
export function tinyDecoder(sizes: TinySizes, seed: number): TinyGraph {
  const { grid, channels: D, attention: A, embedding: E, hidden: H, vocabulary: V, attentionTotal = 1 } = sizes;
  const L = grid[0] * grid[1];
  const weights = randomWeights(seed + 1);
  const g = new OnnxBuilder();
  g.constant("axis_1", [1], BigInt64Array.of(1n));
  g.constant("axis_2", [1], BigInt64Array.of(2n));
  g.constant("embedding", [V, E], weights(V * E, 1));
  g.node("Gather", ["embedding", "token"], ["word"]); // [N, E]
  g.constant("query_weights", [H, A], weights(H * A, 2 / Math.sqrt(H)));
  g.node("MatMul", ["hidden", "query_weights"], ["query"]);
  g.node("Unsqueeze", ["query", "axis_1"], ["query_row"]); // [N, 1, A]
  g.node("Add", ["projected", "query_row"], ["match"]);
  g.node("Tanh", ["match"], ["match_tanh"]);
  g.constant("energy_weights", [A, 1], weights(A, 6 / Math.sqrt(A)));
  g.node("MatMul", ["match_tanh", "energy_weights"], ["energy_column"]); // [N, L, 1]
  g.node("Squeeze", ["energy_column", "axis_2"], ["energy"]);
  g.node("Softmax", ["energy"], ["attention_shares"], { axis: 1 }); // [N, L]
  g.constant("attention_total", [1], Float32Array.of(attentionTotal));
  g.node("Mul", ["attention_shares", "attention_total"], ["attention"]);
  g.node("Unsqueeze", ["attention", "axis_1"], ["attention_row"]);
  g.node("MatMul", ["attention_row", "features"], ["context_row"]); // [N, 1, D]
  g.node("Squeeze", ["context_row", "axis_1"], ["context"]);
  g.node("Concat", ["word", "context", "hidden"], ["all"], { axis: 1 });
  g.constant("gate_weights", [E + D + H, 4 * H], weights((E + D + H) * 4 * H, 2 / Math.sqrt(E + D + H)));
  g.node("MatMul", ["all", "gate_weights"], ["gates"]); // [N, 4H]
  g.constant("gate_sizes", [4], BigInt64Array.from([H, H, H, H].map(BigInt)));
  g.node("Split", ["gates", "gate_sizes"], ["i", "f", "o", "c"], { axis: 1 });
  for (const gate of ["i", "f", "o"]) g.node("Sigmoid", [gate], [`${gate}_open`]);
  g.node("Tanh", ["c"], ["c_new"]);
  g.node("Mul", ["f_open", "cell"], ["kept"]);
  g.node("Mul", ["i_open", "c_new"], ["written"]);
  g.node("Add", ["kept", "written"], ["next_cell"]);
  g.node("Tanh", ["next_cell"], ["cell_tanh"]);
  g.node("Mul", ["o_open", "cell_tanh"], ["next_hidden"]); // [N, H]
  g.constant("output_weights", [H, V], weights(H * V, 5 / Math.sqrt(H)));
  g.node("MatMul", ["next_hidden", "output_weights"], ["logits"]);
  const inputs: GraphPort[] = [
    { name: "token", dtype: "int64", shape: ["N"] },
    float("hidden", "N", H),
    float("cell", "N", H),
    float("features", "N", L, D),
    float("projected", "N", L, A),
  ];
  const outputs = [
    float("logits", "N", V),
    float("next_hidden", "N", H),
    float("next_cell", "N", H),
    float("attention", "N", L),
  ];
  return { bytes: g.bytes(inputs, outputs), inputs, outputs };
}
