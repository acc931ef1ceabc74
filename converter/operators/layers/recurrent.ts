import { type Sequence, scan } from "../../emit/scan.js";
import { extents, slice, unsqueeze, zeros } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { int64 } from "../../graph/tensor.js";
import type { Dim } from "../../graph/types.js";
import {
  type LayerContext,
  type LayerOptions,
  type LowerLayer,
  registerLayer,
} from "../../read/layers-model/registry.js";
import { type Cell, cellByClass, GRU, LSTM, SIMPLE } from "./cells.js";
import { isStandard, OPERATORS, type Recurrence, runOperator } from "./recurrent-operators.js";
import { wrappedLayer } from "./wrapped.js";

/** A recurrent layer's cell, with the context that knows its options and weights. */
export interface Running {
  cell: Cell;
  context: LayerContext;
}

/** The mask of a recurrent layer's outputs. */
const sequenceMask: LayerOptions["masking"] = ({ masks, config }) =>
  config.boolean("returnSequences", false) ? masks[0] : undefined;

/** Recurrent layer classes that run a cell of their own: their configuration is the cell's. */
const OWN_CELLS = new Map<string, Cell>();

/** Registers a recurrent layer class that runs one kind of cell. */
export function registerRecurrent(className: string, cell: Cell, texts: { becomes: string; limits: string }): void {
  OWN_CELLS.set(className, cell);
  registerLayer(
    className,
    recurrent((layer) => ({ cell, context: layer })),
    { masking: sequenceMask, ...texts },
  );
}

/** The cell that a recurrent layer class runs, where it is one. */
export function runningOf(layer: LayerContext): Running | undefined {
  const cell = OWN_CELLS.get(layer.className);
  return cell && { cell, context: layer };
}

/** x [N, T, …], and initial states [N, …] each -> [N, T, …] or [N, …], and last states [N, …] where asked for */
const recurrent =
  (cellOf: (layer: LayerContext) => Running): LowerLayer =>
  (layer) => {
    const [x, ...initial] = layer.inputs as [Value, ...Value[]];
    const running = cellOf(layer);
    const result = runOneWay(layer, running, x, initial);
    const y = layer.config.boolean("returnSequences", false) ? result.steps() : result.last[0]!;
    return layer.config.boolean("returnState", false) ? [y, ...result.last] : y;
  };

/** Runs a layer over time in its own direction. Steps stand in the order in which they are made, as in TensorFlow.js. */
export function runOneWay(layer: LayerContext, { cell, context }: Running, x: Value, given: Value[]): Recurrence {
  const { config } = layer;
  const mask = layer.readMask();
  const extentsOfStates = cell.states(context, x);
  if (given.length !== 0 && given.length !== extentsOfStates.length) {
    throw layer.invalid(`it takes ${extentsOfStates.length} initial states, it gets ${given.length}`);
  }
  const shapes = extentsOfStates.map((shape) => [x.shape[0]!, ...shape]);
  const stateful = config.boolean("stateful", false);
  const kept = stateful && given.length === 0;
  const initial = kept ? layer.keptStates(shapes.map((shape) => ({ dtype: "float32", shape }))) : given;
  const backwards = config.boolean("goBackwards", false);
  const operator = OPERATORS.get(cell);
  const result =
    operator && !mask && isStandard(context, operator)
      ? runOperator(operator, x, context, backwards, initial)
      : stepwise(
          layer,
          { cell, context },
          x,
          initial.length > 0 ? initial : startingStates({ cell, context }, x, shapes),
          mask,
        );
  if (stateful) layer.keepStates(result.last);
  return result;
}

function startingStates({ cell, context }: Running, x: Value, shapes: Dim[][]): Value[] {
  const { b } = context;
  const extent = (axis: number) =>
    axis > 0 && cell.extent ? cell.extent(context, x, axis) : extents(b, x, axis, axis + 1);
  return shapes.map((shape) => zeros(b, shape, extent));
}

/** Any cell, as a Scan over time. Where the mask is false, states and output stay what they were. */
function stepwise(
  layer: LayerContext,
  { cell, context }: Running,
  x: Value,
  initial: Value[],
  mask: Value | undefined,
): Recurrence {
  const { b, config } = layer;
  const backwards = config.boolean("goBackwards", false);
  const sequences: Sequence[] = [{ value: cell.project(context, x), axis: 1, backwards }];
  if (mask) sequences.push({ value: stepMask(layer, x, mask, backwards), axis: 1, backwards });
  const sequence = config.boolean("returnSequences", false);
  const { states, made } = scan(b, initial, sequences, (body, before, [projected, counts]) => {
    const next = cell.step(context.inBody(body), projected!, before);
    const after = counts ? next.map((state, i) => body.add("Where", [counts, state, before[i]!])) : next;
    return { states: after, made: sequence ? [after[0]!] : [] };
  });
  return { steps: () => made[0]!, last: states };
}

/** The mask of all axes but the last, with an axis of 1 for that: [N, T] -> [N, T, 1], as long as x. */
function stepMask(layer: LayerContext, x: Value, mask: Value, backwards: boolean): Value {
  const { b } = layer;
  if (mask.shape.length !== x.shape.length - 1) {
    throw layer.unsupported(
      `it gets a mask of shape [${mask.shape.join(", ")}] for an input of shape [${x.shape.join(", ")}], ` +
        "which TensorFlow.js cannot apply either",
    );
  }
  return unsqueeze(b, asLong(layer, x, mask, backwards), [mask.shape.length]);
}

/** The mask of another layer may be longer than this one's input; then the steps that come first count. */
function asLong(layer: LayerContext, x: Value, mask: Value, backwards: boolean): Value {
  const { b } = layer;
  const [length, wanted] = [mask.shape[1]!, x.shape[1]!];
  if (length === wanted) return mask;
  if (typeof length === "number" && typeof wanted === "number") {
    if (length < wanted) throw layer.unsupported(`it gets a mask of ${length} steps for ${wanted}`);
    return slice(b, mask, [
      backwards ? { axis: 1, start: length - wanted, end: length } : { axis: 1, start: 0, end: wanted },
    ]);
  }
  const steps = extents(b, x, 1, 2);
  const bounds = backwards ? [b.add("Neg", [steps]), int64([END])] : [int64([0]), steps];
  const [start, end] = bounds.map((bound) => ("data" in bound ? b.constant(bound, "bound") : bound));
  const axis = b.constant(int64([1]), "axes");
  const shape = mask.shape.map((extent, i) => (i === 1 ? wanted : extent));
  return b.addWithBodies("Slice", [mask, start, end, axis], {}, [{ dtype: "bool", shape }])[0]!;
}

/** Larger than any extent. */
const END = 2 ** 31 - 1;

export const RECURRENT_LIMITS =
  "a stateful layer's states become inputs and outputs of the graph; " +
  "a mask that does not say true or false for each step is refused, as by TensorFlow.js";

for (const [className, cell, operator] of [
  ["LSTM", LSTM, "LSTM"],
  ["GRU", GRU, "GRU"],
  ["SimpleRNN", SIMPLE, "RNN"],
] as const) {
  registerRecurrent(className, cell, {
    becomes: `${operator}; with a mask, or an activation that ${operator} lacks, Scan`,
    limits: className === "GRU" ? `${RECURRENT_LIMITS}; resetAfter is refused, as by TensorFlow.js` : RECURRENT_LIMITS,
  });
}

registerLayer(
  "RNN",
  recurrent((layer) => {
    const { className, config } = wrappedLayer(layer, layer.config.raw("cell"));
    const cell = cellByClass(className);
    if (!cell) throw layer.unsupported(`its cell ${className} is not known`);
    return { cell, context: layer.innerContext({ className, config, inputs: [] }) };
  }),
  {
    masking: sequenceMask,
    becomes: "LSTM, GRU or RNN for one standard cell; Scan with a mask, a stack or another activation",
    limits: RECURRENT_LIMITS,
  },
);
