import { activationKey } from "../../emit/activation.js";
import { reverse, squeeze, unsqueeze } from "../../emit/shape.js";
import { floats } from "../../graph/attributes.js";
import type { Value } from "../../graph/builder.js";
import { float32, transposed } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type LayerContext, type LowerLayer, registerLayer } from "../../read/layers-model/registry.js";

export interface Cell {
  op: "LSTM" | "GRU" | "RNN";
  /** Where ONNX's gates stand among those of tfjs. */
  gates: number[];
  states: number;
  /** The configuration's keys of ONNX's activations, in its order. */
  activations: string[];
}

/** tfjs: i, f, c, o; ONNX: i, o, f, c. */
const LSTM: Cell = {
  op: "LSTM",
  gates: [0, 3, 1, 2],
  states: 2,
  activations: ["recurrentActivation", "activation", "activation"],
};
/** tfjs and ONNX: z, r, h; the reset gate acts before the product, in both. */
const GRU: Cell = { op: "GRU", gates: [0, 1, 2], states: 1, activations: ["recurrentActivation", "activation"] };
const SIMPLE: Cell = { op: "RNN", gates: [0], states: 1, activations: ["activation"] };

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

/** What a recurrent operator gives: all steps [T, directions, N, H], and each last state [directions, N, H]. */
export interface Recurrence {
  steps: Value;
  last: Value[];
}

/**
 * Runs a cell over time, in one direction or in both.
 *
 * @param layers the layer of each direction, which name its weights
 * @param initial for each state the value at the start [N, H] of each direction, or none for zeros
 */
export function recurrence(
  cell: Cell,
  x: Value,
  layers: LayerContext[],
  direction: "forward" | "reverse" | "bidirectional",
  initial: Value[][],
): Recurrence {
  const { b } = layers[0]!;
  const units = layers[0]!.config.number("units");
  for (const { config, unsupported } of layers) {
    if (config.boolean("stateful", false)) throw unsupported("it keeps its state from call to call");
  }
  const stacked = (name: string, tensors: Tensor[]) => b.constant(stack(tensors), name);
  const kernels = (name: string) =>
    stacked(
      name,
      layers.map((layer) => gateRows(layer.weight(name, 2), cell.gates)),
    );
  const bias = layers[0]!.config.boolean("useBias", true)
    ? stacked(
        "bias",
        layers.map((layer) => biasRow(layer.weight("bias", 1), cell.gates, units)),
      )
    : undefined;
  const states = initial.map((directions) => {
    const rows = directions.map((state) => unsqueeze(b, state, [0])); // [1, N, H]
    return rows.length === 1 ? rows[0]! : b.add("Concat", rows, { axis: 0 });
  });
  const [steps, ...last] = b.addMany(
    cell.op,
    [
      b.add("Transpose", [x], { perm: [1, 0, 2] }), // [T, N, D]
      kernels("kernel"),
      kernels("recurrent_kernel"),
      ...(bias || states.length > 0 ? [bias] : []),
      ...(states.length > 0 ? [undefined, ...states] : []),
    ],
    cell.states + 1,
    {
      hidden_size: units,
      direction: direction === "forward" ? undefined : direction,
      ...activations(layers, cell),
    },
  );
  return { steps: steps!, last };
}

/** x [N, T, D], and initial states [N, H] each -> [N, T, H] or [N, H], and last states [N, H] where asked for */
const recurrent =
  (cell: Cell): LowerLayer =>
  (layer) => {
    const { b, inputs, config } = layer;
    const [x, ...initial] = inputs as [Value, ...Value[]];
    if (initial.length !== 0 && initial.length !== cell.states) {
      throw layer.invalid(`it takes ${cell.states} initial states, it gets ${initial.length}`);
    }
    const backwards = config.boolean("goBackwards", false);
    const direction = backwards ? "reverse" : "forward";
    const { steps, last } = recurrence(
      cell,
      x,
      [layer],
      direction,
      initial.map((state) => [state]),
    );
    const states = () => last.map((state) => squeeze(b, state, [0])); // [1, N, H] -> [N, H]
    const returnState = config.boolean("returnState", false);
    if (!config.boolean("returnSequences", false)) {
      const kept = states();
      return returnState ? [kept[0]!, ...kept] : kept[0]!;
    }
    // ONNX leaves the steps of a backward pass in the order of time, tfjs in the order in which they were made.
    const single = squeeze(b, steps, [1]); // [T, 1, N, H] -> [T, N, H]
    const ordered = b.add("Transpose", [backwards ? reverse(b, single, 0) : single], { perm: [1, 0, 2] });
    return returnState ? [ordered, ...states()] : ordered;
  };

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

function activations(layers: LayerContext[], cell: Cell) {
  const used = layers.flatMap(({ config, unsupported }) =>
    cell.activations.map((option) => {
      const name = config.word(option, DEFAULTS[option]!);
      const key = activationKey(name);
      const found = Object.hasOwn(ACTIVATIONS, key) ? ACTIVATIONS[key] : undefined;
      if (!found) throw unsupported(`ONNX's ${cell.op} has no activation ${name}`);
      return found;
    }),
  );
  const alphas = used.flatMap(({ alpha }) => (alpha === undefined ? [] : [alpha]));
  const betas = used.flatMap(({ beta }) => (beta === undefined ? [] : [beta]));
  return {
    activations: used.map(({ name }) => name),
    activation_alpha: alphas.length > 0 ? floats(alphas) : undefined,
    activation_beta: betas.length > 0 ? floats(betas) : undefined,
  };
}

/** The cell of each recurrent layer class. */
export const CELLS: Record<string, Cell> = { LSTM, GRU, SimpleRNN: SIMPLE };

for (const [className, cell] of Object.entries(CELLS)) registerLayer(className, recurrent(cell), { masking: "reads" });
