import * as tf from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import type { Origin } from "../convert.js";
import { sizeOf } from "../graph/tensor.js";
import type { DType, Graph, ValueInfo } from "../graph/types.js";
import { isFeedable } from "./session.js";
import { firstState, statesOf } from "./states.js";
import type { Values } from "./values.js";

/** Extents that stand in for free ones: 1 for the batch, enough for any network's strides for height and width. */
const FREE = { batch: 1, image: 128, other: 16 };
/** Whole numbers that nothing bounds lie below this. */
const WHOLE = 10;

/**
 * Inputs for a graph: those that are given, and for the others numbers that look random and are the same each time.
 * Where an input picks rows of a table, these are rows that it has; where it is a state, it is that before the first run.
 * @param given by the names of the graph's inputs
 * @throws ShowtellError USAGE where a given input does not fit
 */
export function inputsFor(graph: Graph, given: Record<string, Values>, seed = 1): Record<string, Values> {
  const unknown = Object.keys(given).find((name) => !graph.inputs.some((input) => input.name === name));
  if (unknown !== undefined) {
    const known = graph.inputs.map(({ name }) => name).join(", ");
    throw new ShowtellError("USAGE", `The graph has no input "${unknown}", but: ${known}.`);
  }
  const states = statesOf(graph);
  const symbols = new Map<string, number>();
  for (const input of graph.inputs) {
    const values = given[input.name];
    if (values) bind(input, values, symbols);
  }
  return Object.fromEntries(
    graph.inputs.map((input, i) => {
      if (!isFeedable(input.dtype)) {
        throw new ShowtellError("USAGE", `Inputs of type ${input.dtype} cannot be compared.`);
      }
      const values = given[input.name];
      if (values) return [input.name, { ...values, dtype: input.dtype }];
      if (states.has(input.name)) return [input.name, firstState(input)];
      const shape = input.shape.map((dim, axis) => {
        if (typeof dim === "number") return dim;
        const extent =
          symbols.get(dim) ?? (axis === 0 ? FREE.batch : input.shape.length === 4 ? FREE.image : FREE.other);
        symbols.set(dim, extent);
        return extent;
      });
      return [input.name, noise(input, shape, rowsOf(graph, input.name), seed + i)];
    }),
  );
}

/** Holds a given input against the graph's, and its extents against those of the other inputs. */
function bind({ name, shape, dtype }: ValueInfo, values: Values, symbols: Map<string, number>): void {
  const fits =
    shape.length === values.shape.length &&
    shape.every((dim, axis) => {
      const extent = values.shape[axis]!;
      if (typeof dim === "number") return dim === extent;
      if (!symbols.has(dim)) symbols.set(dim, extent);
      return symbols.get(dim) === extent;
    });
  const text = dtype === "string" || values.dtype === "string";
  if (fits && (!text || dtype === values.dtype)) return;
  const wanted = `${dtype} [${shape.join(", ")}]`;
  throw new ShowtellError(
    "USAGE",
    `Input "${name}" is ${wanted}; ${values.dtype} [${values.shape.join(", ")}] is given.`,
  );
}

function noise({ dtype }: ValueInfo, shape: number[], rows: number | undefined, seed: number): Values {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const of = DRAWS[dtype] ?? ((drawn: number) => Math.floor(drawn * WHOLE));
  const draw = rows === undefined ? of : (drawn: number) => Math.floor(drawn * rows);
  return { dtype, shape, data: Array.from({ length: sizeOf(shape) }, () => draw(next())) as number[] | string[] };
}

const DRAWS: Partial<Record<DType, (drawn: number) => number | string>> = {
  float32: (drawn) => 2 * drawn - 1,
  float64: (drawn) => 2 * drawn - 1,
  uint8: (drawn) => Math.floor(256 * drawn),
  bool: (drawn) => Number(drawn < 0.5),
  string: (drawn) => Math.floor(drawn * 1e6).toString(36),
};

/** Operators that hand on the elements of their first input. */
const HANDS_ON = new Set(["Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Flatten", "Clip"]);

/** Rows of the smallest table that an input picks from; undefined where it picks from none. */
function rowsOf(graph: Graph, input: string): number | undefined {
  const carried = new Set([input]);
  const rows: number[] = [];
  for (const node of graph.nodes) {
    if (HANDS_ON.has(node.op) && carried.has(node.inputs[0]!)) carried.add(node.outputs[0]!);
    if (node.op !== "Gather" || !carried.has(node.inputs[1]!)) continue;
    const axis = node.attributes.axis?.type === "int" ? Number(node.attributes.axis.value) : 0;
    const extent = graph.types.get(node.inputs[0]!)?.shape.at(axis);
    if (typeof extent === "number") rows.push(extent);
  }
  return rows.length > 0 ? Math.min(...rows) : undefined;
}

/** A graph's input as the model takes it: in the model's order of axes, and in its type. */
export function modelTensor(
  values: Values,
  { layout, squeeze }: Origin["inputs"][number],
  dtype?: tf.DataType,
): tf.Tensor {
  return tf.tidy(() => {
    const own = values.dtype === "string" || values.dtype === "bool" ? values.dtype : undefined;
    const whole = /int/.test(values.dtype) ? "int32" : "float32";
    const data = Array.from(values.data as ArrayLike<number>, (value) =>
      typeof value === "string" ? value : Number(value),
    );
    const tensor = tf.tensor(data as number[], values.shape, dtype ?? own ?? whole);
    if (layout === "nchw") return tf.transpose(tensor, [0, 2, 3, 1]);
    return squeeze ? tf.expandDims(tensor, -1) : tensor;
  });
}
