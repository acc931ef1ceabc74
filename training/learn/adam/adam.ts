import type { ParameterValues } from "../../model/types.js";
import { openKernel } from "./kernel.js";

export interface AdamOptions {
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Largest norm of all gradients together; larger ones are scaled down (Pascanu et al. 2013). */
  clipNorm: number;
  /** Decay of the moving average of the weights; 0 keeps the weights themselves. */
  averageDecay: number;
}

export const adamDefaults: AdamOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 5, averageDecay: 0.998 };

export interface AdamState {
  /** Steps taken. */
  step: number;
  values: ParameterValues;
  mean: ParameterValues;
  variance: ParameterValues;
  /** Moving average of the values: what is validated and exported. */
  average: ParameterValues;
}

const PARTS = ["values", "gradients", "mean", "variance", "average"] as const;
type Part = (typeof PARTS)[number];

/** Bytes that the kernel takes at a time. */
const VECTOR = 16;

/**
 * Adam (Kingma and Ba 2015, algorithm 1) with clipping and weight averaging, in place and in one pass over plain arrays:
 * the same numbers on every engine, and the state is at hand for checkpoints. All arrays are views of one memory, where
 * a SIMD kernel finds each part in one piece.
 */
export class Adam implements AdamState {
  step = 0;
  readonly values: ParameterValues;
  readonly mean: ParameterValues;
  readonly variance: ParameterValues;
  readonly average: ParameterValues;
  private readonly gradients: ParameterValues;
  /** Pieces of a part, in bytes, and the factor of the learning rate in each. */
  private readonly pieces: { from: number; bytes: number; factor: number }[];
  private readonly kernel;
  /** Bytes of one part. */
  private readonly extent: number;

  /**
   * Starts at the values given. `factors` of the learning rate are 1 where none is named; what has the factor 0 stays as it
   * is and needs no gradient.
   */
  static start(values: ParameterValues, factors: Record<string, number> = {}): Adam {
    const adam = new Adam(values, factors);
    for (const part of [adam.values, adam.average]) fill(part, values);
    return adam;
  }

  /** Goes on where a state was saved. */
  static resume(state: AdamState, factors: Record<string, number> = {}): Adam {
    const adam = new Adam(state.values, factors);
    adam.step = state.step;
    for (const part of ["values", "mean", "variance", "average"] as const) fill(adam[part], state[part]);
    return adam;
  }

  private constructor(like: ParameterValues, factors: Record<string, number>) {
    const sizes = Object.entries(like).map(([name, { length }]) => ({ name, length }));
    const padded = (length: number) => Math.ceil((length * 4) / VECTOR) * VECTOR;
    this.extent = sizes.reduce((total, { length }) => total + padded(length), 0);
    this.pieces = [];
    for (const { name, length } of sizes) {
      const [bytes, factor] = [padded(length), factors[name] ?? 1];
      const last = this.pieces.at(-1);
      if (last?.factor === factor) last.bytes += bytes;
      else this.pieces.push({ from: last ? last.from + last.bytes : 0, bytes, factor });
    }
    this.kernel = openKernel(PARTS.length * this.extent);
    const views = (part: Part): ParameterValues => {
      let at = this.place(part);
      return Object.fromEntries(
        sizes.map(({ name, length }) => {
          const view = new Float32Array(this.kernel.buffer, at, length);
          at += padded(length);
          return [name, view];
        }),
      );
    };
    this.values = views("values");
    this.gradients = views("gradients");
    this.mean = views("mean");
    this.variance = views("variance");
    this.average = views("average");
  }

  /**
   * One step, unless a gradient is not finite: then nothing changes.
   * @returns the norm of the gradients, all together, before clipping
   */
  update(gradients: ParameterValues, learningRate: number, options: AdamOptions = adamDefaults): number {
    const { beta1, beta2, epsilon, clipNorm, averageDecay } = options;
    for (const [name, gradient] of Object.entries(gradients)) this.gradients[name].set(gradient);
    const first = this.place("gradients");
    const norm = Math.sqrt(this.kernel.sumOfSquares(first, first + this.extent));
    if (!Number.isFinite(norm)) return norm;
    this.step += 1;
    // Early on the average would hold mostly the random start: it follows faster there.
    const decay = Math.min(averageDecay, this.step / (this.step + 10));
    const rate = (learningRate * Math.sqrt(1 - beta2 ** this.step)) / (1 - beta1 ** this.step);
    for (const { from, bytes, factor } of this.pieces) {
      if (factor === 0) continue;
      this.kernel.step(
        this.place("values") + from,
        first + from,
        this.place("mean") + from,
        this.place("variance") + from,
        this.place("average") + from,
        bytes,
        norm > clipNorm ? clipNorm / norm : 1,
        rate * factor,
        1 - beta1,
        1 - beta2,
        epsilon,
        1 - decay,
      );
    }
    return norm;
  }

  private place(part: Part): number {
    return PARTS.indexOf(part) * this.extent;
  }
}

function fill(part: ParameterValues, values: ParameterValues): void {
  for (const [name, view] of Object.entries(part)) view.set(values[name]);
}
