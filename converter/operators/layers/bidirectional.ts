import { reverse } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";
import { runningOf, runOneWay } from "./recurrent.js";
import { isStandard, OPERATORS, type Recurrence, runOperatorBothWays } from "./recurrent-operators.js";
import { wrappedLayer } from "./wrapped.js";

/** How what both directions give becomes one. */
const MERGES: Record<string, (b: GraphBuilder, y: Value, backwards: Value) => Value> = {
  concat: (b, y, backwards) => b.add("Concat", [y, backwards], { axis: -1 }),
  sum: (b, y, backwards) => b.add("Add", [y, backwards]),
  mul: (b, y, backwards) => b.add("Mul", [y, backwards]),
  ave: (b, y, backwards) => b.add("Mul", [b.add("Add", [y, backwards]), b.constant(scalar(0.5), "half")]),
};

/** A recurrent layer run in its own direction and in the other one. */
registerLayer(
  "Bidirectional",
  (layer) => {
    const { b, config, inputs, unsupported } = layer;
    const { config: own } = wrappedLayer(layer);
    const [x, ...states] = inputs as [Value, ...Value[]];
    if (states.length % 2 !== 0) throw layer.invalid(`it takes as many initial states for each direction`);
    const mode = config.has("mergeMode") ? config.word("mergeMode", "concat") : undefined;
    if (mode !== undefined && !Object.hasOwn(MERGES, mode)) throw unsupported(`mergeMode ${mode}`);
    const [forward, backward] = bothWays(layer, x, states);
    const sequences = own.returnSequences === true;
    const y = sequences ? forward.steps() : forward.last[0]!;
    const other = sequences ? backward.steps() : backward.last[0]!;
    const merged = mode === undefined ? [y, other] : [MERGES[mode]!(b, y, other)];
    return own.returnState === true ? [...merged, ...forward.last, ...backward.last] : merged;
  },
  {
    masking: (layer) => (wrappedLayer(layer).config.returnSequences === true ? layer.masks[0] : undefined),
    becomes: "one LSTM, GRU or RNN that runs both ways; else two Scans, or two operators, and how they are merged",
    limits: "wraps LSTM, GRU, SimpleRNN and ConvLSTM2D; TensorFlow.js cannot make it of an RNN",
  },
);

/** The steps of the second direction stand in reverse of the order in which they are made. */
function bothWays(layer: LayerContext, x: Value, states: Value[]): [Recurrence, Recurrence] {
  const { className, config: own } = wrappedLayer(layer);
  const backwards = own.goBackwards === true;
  const [forward, backward] = ["forward", "backward"].map((prefix) =>
    layer.innerContext({
      className,
      config: { ...own, goBackwards: prefix === "backward" ? !backwards : backwards },
      inputs: [x],
      name: `${prefix}_${own.name}`,
    }),
  ) as [LayerContext, LayerContext];
  const [one, two] = [runningOf(forward), runningOf(backward)];
  if (!one || !two) throw layer.unsupported(`it runs ${className} both ways`);
  const half = states.length / 2;
  const operator = OPERATORS.get(one.cell);
  const stateful = own.stateful === true;
  if (operator && !backwards && !stateful && isStandard(one.context, operator) && !layer.readMask()) {
    if (half !== 0 && half !== operator.states) {
      throw layer.invalid(`it takes ${2 * operator.states} initial states, it gets ${states.length}`);
    }
    const initial = states.slice(0, half).map((state, i): [Value, Value] => [state, states[half + i]!]);
    return runOperatorBothWays(operator, x, [one.context, two.context], initial);
  }
  const first = runOneWay(forward, one, x, states.slice(0, half));
  const second = runOneWay(backward, two, x, states.slice(half));
  return [first, { steps: () => reverse(layer.b, second.steps(), 1), last: second.last }];
}
