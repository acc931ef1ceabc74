import type { GraphBuilder, Value } from "../../graph/builder.js";
import { float32, int64, scalar } from "../../graph/tensor.js";
import type { Dim, Tensor } from "../../graph/types.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";
import { wrappedLayer } from "./wrapped.js";

/**
 * One step of a recurrence. The first state is what the cell gives. A step is split in two so that what does not depend
 * on the states is computed once for all steps.
 */
export interface Cell {
  /** Extents of each state, without the batch. */
  states(cell: LayerContext, x: Value): Dim[][];
  /** The extent of the states along an axis behind the batch, [1], where it is not known before the graph runs. */
  extent?(cell: LayerContext, x: Value, axis: number): Value;
  /** What a step takes from its input: [N, …], or [N, T, …] for all steps at once. */
  project(cell: LayerContext, x: Value): Value;
  /** The new states. */
  step(cell: LayerContext, projected: Value, states: Value[]): Value[];
}

const cells = new Map<string, Cell>();

/** Registers a cell that an RNN may run. As a layer of its own TensorFlow.js cannot call it. */
export function registerCell(className: string, cell: Cell, texts: { becomes: string; limits?: string }): void {
  cells.set(className, cell);
  registerLayer(
    className,
    ({ unsupported }) => {
      throw unsupported("a cell runs inside of an RNN alone, as in TensorFlow.js");
    },
    texts,
  );
}

export function cellByClass(className: string): Cell | undefined {
  return cells.get(className);
}

/** x kernel + bias, on the last axis. */
const projection = ({ b, config, constant }: LayerContext, x: Value): Value => {
  const product = b.add("MatMul", [x, constant("kernel", 2)]);
  return config.boolean("useBias", true) ? b.add("Add", [product, constant("bias", 1)]) : product;
};

const units = ({ config }: LayerContext): Dim[] => [config.count("units")];

const recurrent = ({ b, constant }: LayerContext, state: Value) =>
  b.add("MatMul", [state, constant("recurrent_kernel", 2)]);

export const SIMPLE: Cell = {
  states: (cell) => [units(cell)],
  project: projection,
  step: (cell, x, [h]) => [cell.activate(cell.b.add("Add", [x, recurrent(cell, h!)]), "activation", "tanh")],
};

/** Cho et al. 2014; the reset gate acts before the product. */
export const GRU: Cell = {
  states: (cell) => [units(cell)],
  project: (cell, x) => {
    refuseResetAfter(cell);
    return projection(cell, x);
  },
  step: (cell, x, [h]) => {
    const { b } = cell;
    const width = cell.config.count("units");
    const kernel = cell.weight("recurrent_kernel", 2);
    const part = (from: number, to: number, name: string) => b.constant(columns(kernel, from, to), name);
    const [xz, xr, xh] = split(b, x, 3, -1) as [Value, Value, Value];
    const [hz, hr] = split(b, b.add("MatMul", [h!, part(0, 2 * width, "gates")]), 2, -1) as [Value, Value];
    const gate = (a: Value, c: Value) => cell.activate(b.add("Add", [a, c]), "recurrentActivation", "hardSigmoid");
    const [update, reset] = [gate(xz, hz), gate(xr, hr)];
    const product = b.add("MatMul", [b.add("Mul", [reset, h!]), part(2 * width, 3 * width, "candidate")]);
    const candidate = cell.activate(b.add("Add", [xh, product]), "activation", "tanh");
    const kept = b.add("Mul", [update, h!]);
    const one = b.constant(scalar(1), "one");
    return [b.add("Add", [kept, b.add("Mul", [b.add("Sub", [one, update]), candidate])])];
  },
};

/** Keras can let the reset gate act after the product. */
export function refuseResetAfter({ config, unsupported }: LayerContext): void {
  if (config.boolean("resetAfter", false)) throw unsupported("resetAfter, which TensorFlow.js refuses too");
}

export const LSTM: Cell = {
  states: (cell) => [units(cell), units(cell)],
  project: projection,
  step: (cell, x, [h, c]) => lstmGates(cell, cell.b.add("Add", [x, recurrent(cell, h!)]), c!, -1),
};

/** Input, forget, candidate and output along an axis, and the carried state -> both new states. */
export function lstmGates(cell: LayerContext, gates: Value, carried: Value, axis: number): Value[] {
  const { b } = cell;
  const [i, f, g, o] = split(b, gates, 4, axis) as [Value, Value, Value, Value];
  const gate = (x: Value) => cell.activate(x, "recurrentActivation", "hardSigmoid");
  const kept = b.add("Mul", [gate(f), carried]);
  const c = b.add("Add", [kept, b.add("Mul", [gate(i), cell.activate(g, "activation", "tanh")])]);
  return [b.add("Mul", [gate(o), cell.activate(c, "activation", "tanh")]), c];
}

function split(b: GraphBuilder, x: Value, parts: number, axis: number): Value[] {
  const at = axis < 0 ? axis + x.shape.length : axis;
  const sizes = Array<number>(parts).fill((x.shape[at] as number) / parts);
  return b.addMany("Split", [x, b.constant(int64(sizes), "split")], parts, { axis: at });
}

/** The cells of a stack, from the input on. */
function stacked(layer: LayerContext): { cell: Cell; context: LayerContext }[] {
  const configs = layer.config.raw("cells");
  if (!Array.isArray(configs) || configs.length === 0) throw layer.invalid("it has no cells");
  return configs.map((json: unknown, i) => {
    const { className, config } = wrappedLayer(layer, json);
    const cell = cellByClass(className);
    if (!cell) throw layer.unsupported(`${className} is no cell that is known`);
    return { cell, context: layer.innerContext({ className, config, inputs: [], name: `RNNCell_${i}` }) };
  });
}

/** States in the order of the cells from the last to the first, so that the first state is what the stack gives. */
const STACK: Cell = {
  states: (layer, x) =>
    stacked(layer)
      .reverse()
      .flatMap(({ cell, context }) => cell.states(context, x)),
  project: (layer, x) => {
    const [first] = stacked(layer);
    return first!.cell.project(first!.context, x);
  },
  step: (layer, projected, states) => {
    const rest = [...states];
    const all = stacked(layer).map(({ cell, context }) => ({ cell, context, states: [] as Value[] }));
    for (const one of [...all].reverse()) one.states = rest.splice(0, one.cell.states(one.context, projected).length);
    let below = projected;
    const next = all.map(({ cell, context, states: own }, i) => {
      const result = cell.step(context, i === 0 ? below : cell.project(context, below), own);
      below = result[0]!;
      return result;
    });
    return next.reverse().flat();
  },
};

/** [rows, all] -> [rows, from … to] */
function columns(stored: Tensor, from: number, to: number): Tensor {
  const [rows, all] = stored.shape as [number, number];
  const data = new Float32Array(rows * (to - from));
  for (let row = 0; row < rows; row++) {
    data.set((stored.data as Float32Array).subarray(row * all + from, row * all + to), row * (to - from));
  }
  return float32(data, [rows, to - from]);
}

registerCell("SimpleRNNCell", SIMPLE, { becomes: "within an RNN: RNN, or the body of a Scan" });
registerCell("GRUCell", GRU, {
  becomes: "within an RNN: GRU, or the body of a Scan",
  limits: "resetAfter is refused, as by TensorFlow.js",
});
registerCell("LSTMCell", LSTM, { becomes: "within an RNN: LSTM, or the body of a Scan" });
registerCell("StackedRNNCells", STACK, { becomes: "within an RNN: the body of a Scan" });
