import type { GraphBuilder, Value } from "../graph/builder.js";
import type { Dim } from "../graph/types.js";

/** A sequence that is read slice by slice along an axis. */
export interface Sequence {
  value: Value;
  axis: number;
  /** From the end to the start. */
  backwards?: boolean;
}

/**
 * Runs `step` once for each slice of the sequences, as ONNX's Scan. It gets the states and the slices, and gives the new
 * states, and what it made in this step; that is stacked along axis 1, in the order in which it was made.
 */
export function scan(
  b: GraphBuilder,
  initial: Value[],
  sequences: Sequence[],
  step: (body: GraphBuilder, states: Value[], slices: Value[]) => { states: Value[]; made: Value[] },
): { states: Value[]; made: Value[] } {
  let madeTypes: Value[] = [];
  const body = b.body("step", (inner) => {
    const states = initial.map((state, i) => inner.input(`state_${i}`, state.dtype, state.shape));
    const slices = sequences.map(({ value, axis }, i) =>
      inner.input(
        `slice_${i}`,
        value.dtype,
        value.shape.filter((_, at) => at !== axis),
      ),
    );
    const result = step(inner, states, slices);
    madeTypes = result.made;
    return [...result.states, ...result.made];
  });
  const [first] = sequences as [Sequence];
  const length: Dim = first.value.shape[first.axis]!;
  const stacked = madeTypes.map(({ dtype, shape }) => ({ dtype, shape: [shape[0]!, length, ...shape.slice(1)] }));
  const outputs = b.addWithBodies(
    "Scan",
    [...initial, ...sequences.map(({ value }) => value)],
    { body },
    [...initial.map(({ dtype, shape }) => ({ dtype, shape })), ...stacked],
    {
      num_scan_inputs: sequences.length,
      scan_input_axes: sequences.map(({ axis }) => axis),
      scan_input_directions: sequences.map(({ backwards }) => (backwards ? 1 : 0)),
      scan_output_axes: stacked.length > 0 ? stacked.map(() => 1) : undefined,
    },
  );
  return { states: outputs.slice(0, initial.length), made: outputs.slice(initial.length) };
}
