import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { type Converted, type ConvertOptions, convert } from "../converter/convert.js";
import { verifyParity } from "../converter/verify/index.js";

/** Every activation of tfjs, as its layers take them. */
export const ACTIVATIONS = [
  "elu",
  "hardSigmoid",
  "linear",
  "relu",
  "relu6",
  "selu",
  "sigmoid",
  "softmax",
  "softplus",
  "softsign",
  "tanh",
  "swish",
  "mish",
  "gelu",
  "gelu_new",
  "logSoftmax",
] as const;

/** Numbers that look random and are the same each time, in [-1, 1). */
export function noise(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** A tensor of such numbers; whole ones below `below` for int32. */
export function noiseTensor(shape: number[], seed = 1, options: { dtype?: "float32" | "int32"; below?: number } = {}) {
  const next = noise(seed);
  const size = tf.util.sizeFromShape(shape);
  const values = Float32Array.from({ length: size }, () =>
    options.dtype === "int32" ? Math.floor(((next() + 1) / 2) * (options.below ?? 10)) : next() * 2,
  );
  return tf.tensor(values, shape, options.dtype ?? "float32");
}

/** Gives every weight a value that is not that of its start: ones and zeros hide mistakes. Variances stay positive. */
export function stirWeights(model: tf.LayersModel, seed = 7): void {
  tf.tidy(() => {
    model.setWeights(
      model.weights.map((weight, i) => {
        const values = noiseTensor(weight.shape as number[], seed + i);
        const name = weight.originalName;
        return name.endsWith("moving_variance") ? tf.add(tf.abs(values), 0.1) : tf.mul(values, 0.4);
      }),
    );
  });
}

/** Such a tensor of sequences [N, T, …] in which whole steps are zero: any of them, not the last ones alone. */
export function gappedTensor(shape: number[], seed = 1): tf.Tensor {
  return tf.tidy(() => {
    const [batch, time, ...rest] = shape as [number, number, ...number[]];
    const next = noise(seed + 100);
    const counts = Array.from({ length: batch * time }, () => (next() > -0.2 ? 1 : 0));
    return tf.mul(noiseTensor(shape, seed), tf.tensor(counts, [batch, time, ...rest.map(() => 1)]));
  });
}

/** Converts a model, runs both and asserts that every output agrees. */
export async function assertConverts(
  model: tf.LayersModel,
  inputs: tf.Tensor[],
  options: ConvertOptions & { tolerance?: number } = {},
): Promise<Converted> {
  const converted = await convert(model, options);
  const named = Object.fromEntries(converted.graph.inputs.map((input, i) => [input.name, inputs[i]!]));
  const rows = await verifyParity(model, converted.graph, named, { tolerance: options.tolerance });
  for (const [i, row] of rows.entries()) {
    assert.ok(row.ok, `${row.output}: ${row.maxAbsolute} of shape [${row.shape}], relative ${row.maxRelative}`);
    assert.equal(converted.graph.outputs[i]!.shape.length, row.shape.length, `rank of ${row.output}`);
    for (const [axis, dim] of converted.graph.outputs[i]!.shape.entries()) {
      if (typeof dim === "number") assert.equal(dim, row.shape[axis], `axis ${axis} of ${row.output}`);
    }
  }
  return converted;
}

/** Every combination of the listed values. */
export function combinations<T extends Record<string, readonly unknown[]>>(
  options: T,
): { [K in keyof T]: T[K][number] }[] {
  return Object.entries(options).reduce<Record<string, unknown>[]>(
    (rows, [key, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [key]: value }))),
    [{}],
  ) as { [K in keyof T]: T[K][number] }[];
}

/**
 * Converts a model of one layer on inputs of the given shapes (batch of 2 in front), in every combination of options,
 * and asserts agreement for each. With `masked`, the first input goes through Masking and has steps that it masks.
 */
export async function assertLayer<T extends Record<string, readonly unknown[]>>(
  shapes: number[][],
  options: T,
  layer: (option: { [K in keyof T]: T[K][number] }) => tf.layers.Layer | undefined,
  more: ConvertOptions & { tolerance?: number; dtype?: "float32" | "int32"; below?: number; masked?: boolean } = {},
): Promise<number> {
  let checked = 0;
  for (const option of combinations(options)) {
    const made = layer(option);
    if (!made) continue;
    const inputs = shapes.map((shape) => tf.input({ shape, dtype: more.dtype ?? "float32" }));
    const read = inputs.map((input, i) =>
      more.masked && i === 0 ? (tf.layers.masking().apply(input) as tf.SymbolicTensor) : input,
    );
    const output = made.apply(read.length === 1 ? read[0]! : read) as tf.SymbolicTensor | tf.SymbolicTensor[];
    const model = tf.model({ inputs, outputs: output });
    stirWeights(model);
    const values = shapes.map((shape, i) =>
      more.masked && i === 0
        ? gappedTensor([2, ...shape], checked + 3)
        : noiseTensor([2, ...shape], i + 3, { dtype: more.dtype, below: more.below }),
    );
    try {
      await assertConverts(model, values, more);
    } catch (error) {
      throw new Error(`${made.getClassName()} ${JSON.stringify(option)} on ${JSON.stringify(shapes)}`, {
        cause: error,
      });
    }
    tf.dispose(values);
    model.dispose();
    checked += 1;
  }
  assert.ok(checked > 0);
  return checked;
}
