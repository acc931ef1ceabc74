import * as tf from "@tensorflow/tfjs";
import { type Attended, AttentionBackward, type AttentionTrace, attentionForward } from "../recurrence/attention.js";
import { type CellTrace, cellBackward, cellForward, cellSlopes } from "../recurrence/lstm-cell.js";
import { extend, top } from "../recurrence/rows.js";
import { sigmoidSlope } from "../recurrence/slopes.js";
import { writtenGradient } from "../recurrence/written-gradient.js";

/** What the recurrence reads. R_0 = K_0 * N rows; S = sum over t of R_t. */
export interface RecurrenceInputs extends Attended {
  /** [S, 4H] the words' share of the LSTM's gates, bias included */
  wordGates: tf.Tensor2D;
  /** [R_0, H] */
  hidden: tf.Tensor2D;
  /** [R_0, H] */
  cell: tf.Tensor2D;
  /** [H, A+F+4H] attention query, context gate and recurrent kernel side by side */
  stateKernel: tf.Tensor2D;
  /** [F] */
  gateBias: tf.Tensor1D;
  /** [F, 4H] */
  contextKernel: tf.Tensor2D;
}

/** Tensors of one step that the way back needs. */
interface StepTrace {
  previousHidden: tf.Tensor2D; // [R, H]
  attention: AttentionTrace;
  glimpse: tf.Tensor2D; //        [R, F]
  gate: tf.Tensor2D; //           [R, F]
  cell: CellTrace;
}

/**
 * Attention and LSTM over all steps (Xu et al. 2015, eq. 1 to 6 and 8), with back-propagation through time written out:
 * the gradients of the kernels are one product over all steps instead of a sum of T small ones.
 *
 * @param columns K_t, captions an image that are still being written at step t
 * @returns [S, H+F+L]: state, gated context and attention of every step
 */
export function recurrence(inputs: RecurrenceInputs, columns: number[]): tf.Tensor2D {
  return writtenGradient(
    inputs,
    (x) => forward(x, columns),
    (x, traces, value, dValue) => backward(x, traces, value, dValue, columns),
  );
}

function sizes(x: RecurrenceInputs, columns: number[]) {
  const [N, L, A] = x.projected.shape;
  const [F] = x.gateBias.shape;
  const [H] = x.stateKernel.shape;
  return { L, A, F, H, rows: columns.map((captions) => captions * N) };
}

function forward(x: RecurrenceInputs, columns: number[]): { value: tf.Tensor2D; trace: StepTrace[] } {
  const { L, A, F, H, rows } = sizes(x, columns);
  const wordGates = tf.split(x.wordGates, rows, 0); //                                          T x [R_t, 4H]
  let { hidden, cell } = x;
  const trace: StepTrace[] = [];
  const written = rows.map((R, t) => {
    const previousHidden = top(hidden, R); //                                                   [R, H]
    const mapped = tf.matMul(previousHidden, x.stateKernel); //                                 [R, A+F+4H]
    const [query, gateLogits, recurrent] = tf.split(mapped, [A, F, 4 * H], 1); //               [R, A], [R, F], [R, 4H]
    const look = attentionForward(x, query); // eq. 4, 5, 8
    const gate = gateLogits.add(x.gateBias).sigmoid() as tf.Tensor2D; //                        [R, F] section 4.2.1
    const context = gate.mul(look.glimpse) as tf.Tensor2D; //                                   [R, F]
    const gates = wordGates[t].add(recurrent).add(tf.matMul(context, x.contextKernel)); //      [R, 4H]
    const next = cellForward(gates, top(cell, R)); // eq. 1 to 3
    ({ hidden, cell } = next);
    trace.push({ previousHidden, attention: look.trace, glimpse: look.glimpse, gate, cell: next.trace });
    return tf.concat2d([hidden, context, look.trace.attention.reshape([R, L]) as tf.Tensor2D], 1); // [R, H+F+L]
  });
  return { value: tf.concat2d(written, 0), trace };
}

/** Gradients by name; `d` before a name is the derivative of the loss by it. */
function backward(
  x: RecurrenceInputs,
  traces: StepTrace[],
  value: tf.Tensor2D,
  dValue: tf.Tensor2D,
  columns: number[],
): Record<keyof RecurrenceInputs, tf.Tensor> {
  const { L, A, F, H, rows } = sizes(x, columns);
  const all = (name: "previousHidden" | "glimpse" | "gate") =>
    tf.concat2d(
      traces.map((step) => step[name]),
      0,
    );
  const dWritten = tf.split(dValue, rows, 0); //                                                T x [R_t, H+F+L]
  const slopes = cellSlopes(traces.map(({ cell }) => cell));
  const gateSlopes = tf.split(all("glimpse").mul(sigmoidSlope(all("gate"))), rows, 0); //       T x [R_t, F]
  const attention = new AttentionBackward(x);
  const dStates: tf.Tensor2D[] = [];
  // What the steps after say of state and cell.
  let dHidden: tf.Tensor2D | undefined;
  let dCell: tf.Tensor2D | undefined;
  for (let t = rows.length - 1; t >= 0; t--) {
    const step = traces[t];
    const [dHiddenOut, dContextOut, dAttention] = tf.split(dWritten[t], [H, F, L], 1);
    const dHiddenHere = dHidden ? dHiddenOut.add(extend(dHidden, rows[t])) : dHiddenOut; //     [R, H]
    const { dGates, dPreviousCell } = cellBackward(slopes[t], dHiddenHere, dCell);
    const dContext = dContextOut.add(tf.matMul(dGates, x.contextKernel, false, true)); //       [R, F]
    const dGate = dContext.mul(gateSlopes[t]); //                                               [R, F]
    const dQuery = attention.step(step.attention, dContext.mul(step.gate), dAttention); //      [R, A]
    const dState = tf.concat2d([dQuery, dGate, dGates] as tf.Tensor2D[], 1); //                 [R, A+F+4H]
    dHidden = tf.matMul(dState, x.stateKernel, false, true); //                                 [R, H]
    dCell = dPreviousCell;
    dStates.unshift(dState);
  }
  const dState = tf.concat2d(dStates, 0); //                                                    [S, A+F+4H]
  const [, dGate, dGates] = tf.split(dState, [A, F, 4 * H], 1) as tf.Tensor2D[]; //              [S, F], [S, 4H]
  const contexts = value.slice([0, H], [-1, F]); //                                             [S, F]
  return {
    ...attention.finish(),
    wordGates: dGates, //                                                                       [S, 4H]
    hidden: dHidden as tf.Tensor2D, //                                                          [R_0, H]
    cell: dCell as tf.Tensor2D, //                                                              [R_0, H]
    stateKernel: tf.matMul(all("previousHidden"), dState, true), //                             [H, A+F+4H]
    gateBias: dGate.sum(0), //                                                                  [F]
    contextKernel: tf.matMul(contexts, dGates, true), //                                        [F, 4H]
  };
}
