import type { ParameterValues } from "../model/types.js";

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

export function startAdam(values: ParameterValues): AdamState {
  const map = (make: (array: Float32Array) => Float32Array): ParameterValues =>
    Object.fromEntries(Object.entries(values).map(([name, array]) => [name, make(array)]));
  return {
    step: 0,
    values,
    mean: map((array) => new Float32Array(array.length)),
    variance: map((array) => new Float32Array(array.length)),
    average: map((array) => array.slice()),
  };
}

/** Euclidean norm over all gradients together. */
export function globalNorm(gradients: ParameterValues): number {
  let sum = 0;
  for (const gradient of Object.values(gradients)) {
    for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  }
  return Math.sqrt(sum);
}

/**
 * One Adam step (Kingma and Ba 2015, algorithm 1) with clipping and weight averaging, in place and in one pass over
 * plain arrays: the same numbers on every engine, and the state is at hand for checkpoints.
 *
 * @returns the norm of the gradients before clipping
 */
export function adamStep(
  state: AdamState,
  gradients: ParameterValues,
  learningRate: number,
  options: AdamOptions = adamDefaults,
): number {
  const { beta1, beta2, epsilon, clipNorm } = options;
  const norm = globalNorm(gradients);
  const scale = norm > clipNorm ? clipNorm / norm : 1;
  state.step += 1;
  const rate = (learningRate * Math.sqrt(1 - beta2 ** state.step)) / (1 - beta1 ** state.step);
  // Early on the average would hold mostly the random start: it follows faster there.
  const decay = Math.min(options.averageDecay, state.step / (state.step + 10));
  for (const [name, value] of Object.entries(state.values)) {
    const gradient = gradients[name];
    const mean = state.mean[name];
    const variance = state.variance[name];
    const average = state.average[name];
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i] * scale;
      const m = beta1 * mean[i] + (1 - beta1) * g;
      const v = beta2 * variance[i] + (1 - beta2) * g * g;
      mean[i] = m;
      variance[i] = v;
      const next = value[i] - (rate * m) / (Math.sqrt(v) + epsilon);
      value[i] = next;
      average[i] += (1 - decay) * (next - average[i]);
    }
  }
  return norm;
}
