import { squeeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";
import { CELLS, type Recurrence, recurrence } from "./recurrent.js";
import { wrappedLayer } from "./wrapped.js";

/** How what both directions give becomes one. */
const MERGES: Record<string, (b: GraphBuilder, y: Value, backwards: Value) => Value> = {
  concat: (b, y, backwards) => b.add("Concat", [y, backwards], { axis: -1 }),
  sum: (b, y, backwards) => b.add("Add", [y, backwards]),
  mul: (b, y, backwards) => b.add("Mul", [y, backwards]),
  ave: (b, y, backwards) => b.add("Mul", [b.add("Add", [y, backwards]), b.constant(scalar(0.5), "half")]),
};

/** A recurrent layer run forwards and backwards, as ONNX's operators do by themselves. */
registerLayer(
  "Bidirectional",
  (layer) => {
    const { config, inputs, unsupported } = layer;
    const { className, config: own } = wrappedLayer(layer);
    const cell = Object.hasOwn(CELLS, className) ? CELLS[className] : undefined;
    if (!cell) throw unsupported(`it runs ${className} both ways`);
    if (own.goBackwards === true) throw unsupported("its layer goes backwards already");
    const [x, ...states] = inputs as [Value, ...Value[]];
    if (states.length !== 0 && states.length !== 2 * cell.states) {
      throw layer.invalid(`it takes ${2 * cell.states} initial states, it gets ${states.length}`);
    }
    const contexts = ["forward", "backward"].map((prefix) =>
      layer.innerContext({ className, config: own, inputs: [x], name: `${prefix}_${own.name}` }),
    );
    const initial = states.slice(0, cell.states).map((state, i) => [state, states[cell.states + i]!]);
    const result = recurrence(cell, x, contexts, "bidirectional", initial);
    const mode = config.has("mergeMode") ? config.word("mergeMode", "concat") : undefined;
    if (mode !== undefined && !Object.hasOwn(MERGES, mode)) throw unsupported(`mergeMode ${mode}`);
    const sequences = own.returnSequences === true;
    const [y, backwards] = outputs(layer, result, sequences) as [Value, Value];
    const merged = mode === undefined ? [y, backwards] : [MERGES[mode]!(layer.b, y, backwards)];
    return own.returnState === true ? [...merged, ...lastStates(layer.b, result)] : merged;
  },
  { masking: "reads" },
);

/** [T, 2, N, H] -> two of [N, T, H]; or the last states, two of [N, H]. The backward one is in the order of time. */
function outputs({ b }: LayerContext, { steps, last }: Recurrence, sequences: boolean): Value[] {
  if (!sequences) return halves(b, last[0]!, 0);
  return halves(b, b.add("Transpose", [steps], { perm: [2, 0, 1, 3] }), 2); // [N, T, 2, H]
}

/** First all states of the forward direction, then those of the backward one. */
function lastStates(b: GraphBuilder, { last }: Recurrence): Value[] {
  const split = last.map((state) => halves(b, state, 0));
  return [0, 1].flatMap((direction) => split.map((pair) => pair[direction]!));
}

/** The two along an axis of extent 2, without it. */
function halves(b: GraphBuilder, x: Value, axis: number): Value[] {
  const parts = b.addMany("Split", [x, b.constant(int64([1, 1]), "split")], 2, { axis });
  return parts.map((part) => squeeze(b, part, [axis]));
}
