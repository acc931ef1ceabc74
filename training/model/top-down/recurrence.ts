import * as tf from "@tensorflow/tfjs";
import { type Attended, AttentionBackward, type AttentionTrace, attentionForward } from "../recurrence/attention.js";
import { type CellTrace, cellBackward, cellForward, cellSlopes } from "../recurrence/lstm-cell.js";
import { extend, top } from "../recurrence/rows.js";
import { writtenGradient } from "../recurrence/written-gradient.js";

/** What the recurrence reads. R_0 = K_0 * N rows; S = sum over t of R_t. `1`: attention LSTM, `2`: language LSTM. */
export interface RecurrenceInputs extends Attended {
  /** [S, 4H] share of words and mean feature in the gates of LSTM 1, bias included */
  gates1: tf.Tensor2D;
  /** [R_0, H] each */
  hidden1: tf.Tensor2D;
  hidden2: tf.Tensor2D;
  cell1: tf.Tensor2D;
  cell2: tf.Tensor2D;
  /** [H, 4H] LSTM 1's own recurrence */
  recurrentKernel1: tf.Tensor2D;
  /** [H, A+4H] what reads the new state 1: attention query and gates 2 */
  stateKernel1: tf.Tensor2D;
  /** [H, 8H] what reads the previous state 2: gates 1 and gates 2 */
  stateKernel2: tf.Tensor2D;
  /** [F, 4H] what reads the attended feature: gates 2 */
  glimpseKernel: tf.Tensor2D;
  /** [4H] */
  bias2: tf.Tensor1D;
}

/** Tensors of one step that the way back needs. */
interface StepTrace {
  previous1: tf.Tensor2D; // [R, H]
  previous2: tf.Tensor2D; // [R, H]
  hidden1: tf.Tensor2D; //   [R, H]
  glimpse: tf.Tensor2D; //   [R, F]
  attention: AttentionTrace;
  cell1: CellTrace;
  cell2: CellTrace;
}

/**
 * Both LSTMs and the attention between them over all steps (Anderson et al. 2018, eq. 1 to 6), with back-propagation
 * through time written out.
 *
 * @param columns K_t, captions an image that are still being written at step t
 * @returns [S, H+L]: the language LSTM's state and the attention of every step
 */
export function recurrence(inputs: RecurrenceInputs, columns: number[]): tf.Tensor2D {
  const [N] = inputs.projected.shape;
  const rows = columns.map((captions) => captions * N);
  return writtenGradient(
    inputs,
    (x) => forward(x, rows),
    (x, traces, _value, dValue) => backward(x, traces, dValue, rows),
  );
}

function sizes({ projected, recurrentKernel1 }: RecurrenceInputs) {
  const [, L, A] = projected.shape;
  return { L, A, H: recurrentKernel1.shape[0] };
}

function forward(x: RecurrenceInputs, rows: number[]): { value: tf.Tensor2D; trace: StepTrace[] } {
  const { L, A, H } = sizes(x);
  const gates1 = tf.split(x.gates1, rows, 0); //                                                T x [R_t, 4H]
  let { hidden1, hidden2, cell1, cell2 } = x;
  const trace: StepTrace[] = [];
  const written = rows.map((R, t) => {
    const previous1 = top(hidden1, R); //                                                       [R, H]
    const previous2 = top(hidden2, R); //                                                       [R, H]
    const [from2, own2] = tf.split(tf.matMul(previous2, x.stateKernel2), 2, 1); //              2 x [R, 4H]
    const next1 = cellForward(
      gates1[t].add(from2).add(tf.matMul(previous1, x.recurrentKernel1)), //                    [R, 4H] eq. 1, 2
      top(cell1, R),
    );
    const [query, from1] = tf.split(tf.matMul(next1.hidden, x.stateKernel1), [A, 4 * H], 1); // [R, A], [R, 4H]
    const look = attentionForward(x, query); // eq. 3 to 5
    const gates2 = own2.add(from1).add(tf.matMul(look.glimpse, x.glimpseKernel)).add(x.bias2); // [R, 4H] eq. 6
    const next2 = cellForward(gates2, top(cell2, R));
    [hidden1, cell1, hidden2, cell2] = [next1.hidden, next1.cell, next2.hidden, next2.cell];
    trace.push({
      previous1,
      previous2,
      hidden1,
      glimpse: look.glimpse,
      attention: look.trace,
      cell1: next1.trace,
      cell2: next2.trace,
    });
    return tf.concat2d([hidden2, look.trace.attention.reshape([R, L]) as tf.Tensor2D], 1); //   [R, H+L]
  });
  return { value: tf.concat2d(written, 0), trace };
}

/** Gradients by name; `d` before a name is the derivative of the loss by it. */
function backward(
  x: RecurrenceInputs,
  traces: StepTrace[],
  dValue: tf.Tensor2D,
  rows: number[],
): Record<keyof RecurrenceInputs, tf.Tensor> {
  const { L, H } = sizes(x);
  const dWritten = tf.split(dValue, rows, 0); //                                                T x [R_t, H+L]
  const slopes1 = cellSlopes(traces.map(({ cell1 }) => cell1));
  const slopes2 = cellSlopes(traces.map(({ cell2 }) => cell2));
  const attention = new AttentionBackward(x);
  const dReaders1: tf.Tensor2D[] = []; //                                                       of the new state 1
  const dReaders2: tf.Tensor2D[] = []; //                                                       of the previous state 2
  // What the steps after say of states and cells.
  let [dHidden1, dCell1, dHidden2, dCell2]: (tf.Tensor2D | undefined)[] = [];
  for (let t = rows.length - 1; t >= 0; t--) {
    const [dHiddenOut, dAttention] = tf.split(dWritten[t], [H, L], 1); //                       [R, H], [R, L]
    const dState2 = dHidden2 ? dHiddenOut.add(extend(dHidden2, rows[t])) : dHiddenOut; //       [R, H]
    const back2 = cellBackward(slopes2[t], dState2, dCell2);
    const dGlimpse = tf.matMul(back2.dGates, x.glimpseKernel, false, true); //                  [R, F]
    const dQuery = attention.step(traces[t].attention, dGlimpse, dAttention); //                [R, A]
    const dReader1 = tf.concat2d([dQuery, back2.dGates], 1); //                                 [R, A+4H]
    const dStateHere = tf.matMul(dReader1, x.stateKernel1, false, true); //                     [R, H]
    const dState1 = dHidden1 ? dStateHere.add(extend(dHidden1, rows[t])) : dStateHere; //       [R, H]
    const back1 = cellBackward(slopes1[t], dState1, dCell1);
    const dReader2 = tf.concat2d([back1.dGates, back2.dGates], 1); //                           [R, 8H]
    dHidden1 = tf.matMul(back1.dGates, x.recurrentKernel1, false, true); //                     [R, H]
    dHidden2 = tf.matMul(dReader2, x.stateKernel2, false, true); //                             [R, H]
    [dCell1, dCell2] = [back1.dPreviousCell, back2.dPreviousCell];
    dReaders1.unshift(dReader1);
    dReaders2.unshift(dReader2);
  }
  const all = (name: "previous1" | "previous2" | "hidden1" | "glimpse") =>
    tf.concat2d(
      traces.map((step) => step[name]),
      0,
    );
  const readers1 = tf.concat2d(dReaders1, 0); //                                                [S, A+4H]
  const readers2 = tf.concat2d(dReaders2, 0); //                                                [S, 8H]
  const [dGates1, dGates2] = tf.split(readers2, 2, 1) as tf.Tensor2D[]; //                      [S, 4H] each
  return {
    ...attention.finish(),
    gates1: dGates1, //                                                                         [S, 4H]
    hidden1: dHidden1 as tf.Tensor2D, //                                                        [R_0, H]
    hidden2: dHidden2 as tf.Tensor2D, //                                                        [R_0, H]
    cell1: dCell1 as tf.Tensor2D, //                                                            [R_0, H]
    cell2: dCell2 as tf.Tensor2D, //                                                            [R_0, H]
    recurrentKernel1: tf.matMul(all("previous1"), dGates1, true), //                            [H, 4H]
    stateKernel1: tf.matMul(all("hidden1"), readers1, true), //                                 [H, A+4H]
    stateKernel2: tf.matMul(all("previous2"), readers2, true), //                               [H, 8H]
    glimpseKernel: tf.matMul(all("glimpse"), dGates2, true), //                                 [F, 4H]
    bias2: dGates2.sum(0), //                                                                   [4H]
  };
}
