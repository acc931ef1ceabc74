import { activationKey } from "../../emit/activation.js";
import { reverse, squeeze, unsqueeze } from "../../emit/shape.js";
import { floats } from "../../graph/attributes.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { float32, int64, transposed } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { LayerContext } from "../../read/layers-model/registry.js";
import { type Cell, GRU, LSTM, refuseResetAfter, SIMPLE } from "./cells.js";

/** One of ONNX's recurrent operators. */
export interface RecurrentOperator {
  op: "LSTM" | "GRU" | "RNN";
  /** Where ONNX's gates stand among those of tfjs. */
  gates: number[];
  states: number;
  /** The configuration's keys of ONNX's activations, in its order. */
  activations: string[];
}

/** tfjs: i, f, c, o; ONNX: i, o, f, c. */
const LSTM_OPERATOR: RecurrentOperator = {
  op: "LSTM",
  gates: [0, 3, 1, 2],
  states: 2,
  activations: ["recurrentActivation", "activation", "activation"],
};
/** tfjs and ONNX: z, r, h; the reset gate acts before the product, in both. */
const GRU_OPERATOR: RecurrentOperator = {
  op: "GRU",
  gates: [0, 1, 2],
  states: 1,
  activations: ["recurrentActivation", "activation"],
};
const RNN_OPERATOR: RecurrentOperator = { op: "RNN", gates: [0], states: 1, activations: ["activation"] };

/** Activations that ONNX's recurrent operators know, with their parameters. */
const ACTIVATIONS: Record<string, { name: string; alpha?: number; beta?: number }> = {
  tanh: { name: "Tanh" },
  sigmoid: { name: "Sigmoid" },
  hardsigmoid: { name: "HardSigmoid", alpha: 0.2, beta: 0.5 },
  relu: { name: "Relu" },
  linear: { name: "Affine", alpha: 1, beta: 0 },
  elu: { name: "Elu", alpha: 1 },
  softsign: { name: "Softsign" },
  softplus: { name: "Softplus" },
};

/** [rows, gates x units] -> [1, gates x units, rows], gates in ONNX's order */
function gateRows(stored: Tensor, gates: number[]): Tensor {
  const { shape, data } = transposed(stored, [1, 0]);
  const [all, rows] = shape as [number, number];
  return float32(inGateOrder(data as Float32Array, gates, (all / gates.length) * rows), [1, all, rows]);
}

function inGateOrder(data: Float32Array, gates: number[], size: number): Float32Array {
  const ordered = new Float32Array(data.length);
  gates.forEach((from, to) => {
    ordered.set(data.subarray(from * size, (from + 1) * size), to * size);
  });
  return ordered;
}

/** The operator for each cell that has one. */
export const OPERATORS = new Map<Cell, RecurrentOperator>([
  [LSTM, LSTM_OPERATOR],
  [GRU, GRU_OPERATOR],
  [SIMPLE, RNN_OPERATOR],
]);

/** What a layer gives in one direction: all steps [N, T, …] in the order in which they are made, and the last states. */
export interface Recurrence {
  steps(): Value;
  last: Value[];
}

/** Whether the operator can do what the cell is asked for. */
export function isStandard({ config }: LayerContext, { activations: options }: RecurrentOperator): boolean {
  return options.every((option) => Object.hasOwn(ACTIVATIONS, activationOf(config, option)));
}

const activationOf = (config: LayerContext["config"], option: string) =>
  activationKey(config.word(option, DEFAULTS[option]!));

/** Runs a cell over time in one direction. */
export function runOperator(
  operator: RecurrentOperator,
  x: Value,
  cell: LayerContext,
  backwards: boolean,
  initial: Value[],
): Recurrence {
  const { b } = cell;
  const direction = backwards ? "reverse" : undefined;
  const { steps, last } = operate(
    operator,
    x,
    [cell],
    direction,
    initial.map((state) => [state]),
  );
  return {
    // ONNX leaves the steps of a backward pass in the order of time.
    steps: () => {
      const single = squeeze(b, steps, [1]); // [T, 1, N, H] -> [T, N, H]
      return b.add("Transpose", [backwards ? reverse(b, single, 0) : single], { perm: [1, 0, 2] });
    },
    last: last.map((state) => squeeze(b, state, [0])), // [1, N, H] -> [N, H]
  };
}

/** Runs the cells of both directions over time; the steps of each stand in the order of time. */
export function runOperatorBothWays(
  operator: RecurrentOperator,
  x: Value,
  cells: [LayerContext, LayerContext],
  initial: [Value, Value][],
): [Recurrence, Recurrence] {
  const { b } = cells[0];
  const { steps, last } = operate(operator, x, cells, "bidirectional", initial);
  const states = last.map((state) => halves(b, state, 0));
  let ordered: [Value, Value] | undefined;
  const both = () => {
    ordered ??= halves(b, b.add("Transpose", [steps], { perm: [2, 0, 1, 3] }), 2); // [N, T, 2, H]
    return ordered;
  };
  return [
    { steps: () => both()[0], last: states.map(([forward]) => forward) },
    { steps: () => both()[1], last: states.map(([, backward]) => backward) },
  ];
}

/** The two along an axis of extent 2, without it. */
function halves(b: GraphBuilder, x: Value, axis: number): [Value, Value] {
  const parts = b.addMany("Split", [x, b.constant(int64([1, 1]), "split")], 2, { axis });
  return parts.map((part) => squeeze(b, part, [axis])) as [Value, Value];
}

/**
 * The operator's node.
 *
 * @param cells the cell of each direction, which name its weights
 * @param initial for each state the value at the start [N, H] of each direction, or none for zeros
 * @returns all steps [T, directions, N, H], and each last state [directions, N, H]
 */
function operate(
  operator: RecurrentOperator,
  x: Value,
  cells: LayerContext[],
  direction: "reverse" | "bidirectional" | undefined,
  initial: Value[][],
): { steps: Value; last: Value[] } {
  const { b, config } = cells[0]!;
  if (operator.op === "GRU") refuseResetAfter(cells[0]!);
  const units = config.count("units");
  const stacked = (name: string, tensors: Tensor[]) => b.constant(stack(tensors), name);
  const kernels = (name: string) =>
    stacked(
      name,
      cells.map((cell) => gateRows(cell.weight(name, 2), operator.gates)),
    );
  const bias = config.boolean("useBias", true)
    ? stacked(
        "bias",
        cells.map((cell) => biasRow(cell.weight("bias", 1), operator.gates, units)),
      )
    : undefined;
  const states = initial.map((directions) => {
    const rows = directions.map((state) => unsqueeze(b, state, [0])); // [1, N, H]
    return rows.length === 1 ? rows[0]! : b.add("Concat", rows, { axis: 0 });
  });
  const [steps, ...last] = b.addMany(
    operator.op,
    [
      b.add("Transpose", [x], { perm: [1, 0, 2] }), // [T, N, D]
      kernels("kernel"),
      kernels("recurrent_kernel"),
      ...(bias || states.length > 0 ? [bias] : []),
      ...(states.length > 0 ? [undefined, ...states] : []),
    ],
    operator.states + 1,
    { hidden_size: units, direction, ...activations(cells, operator) },
  );
  return { steps: steps!, last };
}

/** Tensors [1, …] of one shape -> [count, …] */
function stack(tensors: Tensor[]): Tensor {
  const [first] = tensors as [Tensor];
  if (tensors.length === 1) return first;
  const data = new Float32Array(first.data.length * tensors.length);
  tensors.forEach((tensor, i) => {
    data.set(tensor.data as Float32Array, i * first.data.length);
  });
  return float32(data, [tensors.length, ...first.shape.slice(1)]);
}

/** [gates x units] -> [1, 2 x gates x units]: ONNX adds one for the input and one for the state. */
function biasRow(stored: Tensor, gates: number[], units: number): Tensor {
  const row = new Float32Array(2 * gates.length * units);
  row.set(inGateOrder(stored.data as Float32Array, gates, units));
  return float32(row, [1, row.length]);
}

const DEFAULTS: Record<string, string> = { activation: "tanh", recurrentActivation: "hardSigmoid" };

function activations(cells: LayerContext[], { activations: options }: RecurrentOperator) {
  const used = cells.flatMap(({ config }) => options.map((option) => ACTIVATIONS[activationOf(config, option)]!));
  const alphas = used.flatMap(({ alpha }) => (alpha === undefined ? [] : [alpha]));
  const betas = used.flatMap(({ beta }) => (beta === undefined ? [] : [beta]));
  return {
    activations: used.map(({ name }) => name),
    activation_alpha: alphas.length > 0 ? floats(alphas) : undefined,
    activation_beta: betas.length > 0 ? floats(betas) : undefined,
  };
}
