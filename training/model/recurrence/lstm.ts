import * as tf from "@tensorflow/tfjs";
import { cellBackward, cellForward, cellSlopes } from "./lstm-cell.js";
import { extend, top } from "./rows.js";
import { writtenGradient } from "./written-gradient.js";

/**
 * An LSTM over all steps of a batch whose inputs are known before, with back-propagation through time written out.
 * @param inputs gates [S, 4H]: the inputs' share, bias included; hidden and cell [R_0, H]; recurrentKernel [H, 4H]
 * @param rows R_t, never rising; S is their sum
 * @returns [S, 2H]: state and cell of every step
 */
export function lstmOverSteps(
  inputs: { gates: tf.Tensor2D; hidden: tf.Tensor2D; cell: tf.Tensor2D; recurrentKernel: tf.Tensor2D },
  rows: number[],
): tf.Tensor2D {
  return writtenGradient(
    inputs,
    (x) => {
      const inputGates = tf.split(x.gates, rows, 0); //                                         T x [R_t, 4H]
      let { hidden, cell } = x;
      const steps = rows.map((R, t) => {
        const previousHidden = top(hidden, R); //                                               [R, H]
        const gates = inputGates[t].add(tf.matMul(previousHidden, x.recurrentKernel)); //       [R, 4H]
        const next = cellForward(gates, top(cell, R));
        ({ hidden, cell } = next);
        return { value: tf.concat2d([hidden, cell], 1), trace: { previousHidden, cell: next.trace } };
      });
      const value = tf.concat2d(
        steps.map((step) => step.value),
        0,
      ); //                                                                                     [S, 2H]
      return { value, trace: steps.map(({ trace }) => trace) };
    },
    (x, traces, _value, dValue) => {
      const slopes = cellSlopes(traces.map(({ cell }) => cell));
      const dWritten = tf.split(dValue, rows, 0); //                                            T x [R_t, 2H]
      const dGates: tf.Tensor2D[] = [];
      // What the steps after say of state and cell.
      let dHidden: tf.Tensor2D | undefined;
      let dCell: tf.Tensor2D | undefined;
      for (let t = rows.length - 1; t >= 0; t--) {
        const [dHiddenOut, dCellOut] = tf.split(dWritten[t], 2, 1) as tf.Tensor2D[]; //         [R, H]
        const dHiddenHere = dHidden ? dHiddenOut.add(extend(dHidden, rows[t])) : dHiddenOut;
        const dCellLater = dCell ? dCellOut.add<tf.Tensor2D>(extend(dCell, rows[t])) : dCellOut;
        const back = cellBackward(slopes[t], dHiddenHere, dCellLater);
        dHidden = tf.matMul(back.dGates, x.recurrentKernel, false, true); //                    [R, H]
        dCell = back.dPreviousCell;
        dGates.unshift(back.dGates);
      }
      const gates = tf.concat2d(dGates, 0); //                                                  [S, 4H]
      const previous = tf.concat2d(
        traces.map(({ previousHidden }) => previousHidden),
        0,
      ); //                                                                                     [S, H]
      return {
        gates,
        hidden: dHidden as tf.Tensor2D,
        cell: dCell as tf.Tensor2D,
        recurrentKernel: tf.matMul(previous, gates, true), //                                   [H, 4H]
      };
    },
  );
}
