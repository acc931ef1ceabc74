import * as tf from "@tensorflow/tfjs";
import { extend } from "./rows.js";
import { sigmoidSlope, tanhSlope } from "./slopes.js";

/** Tensors of one step of an LSTM that the way back needs; all [R, H]. */
export interface CellTrace {
  previousCell: tf.Tensor2D;
  /** i */
  input: tf.Tensor2D;
  /** f */
  forget: tf.Tensor2D;
  /** g */
  candidate: tf.Tensor2D;
  /** o */
  output: tf.Tensor2D;
  cellTanh: tf.Tensor2D;
}

/**
 * One step of an LSTM (Hochreiter and Schmidhuber 1997, with forget gate).
 * @param gates [R, 4H] i, f, g, o before their activations
 * @param previousCell [R, H]
 */
export function cellForward(gates: tf.Tensor, previousCell: tf.Tensor2D) {
  const [i, f, g, o] = tf.split(gates, 4, 1); //                                                4 x [R, H]
  const [input, forget, output] = [i.sigmoid(), f.sigmoid(), o.sigmoid()] as tf.Tensor2D[];
  const candidate = g.tanh() as tf.Tensor2D;
  const cell = forget.mul(previousCell).add(input.mul(candidate)) as tf.Tensor2D; //            [R, H]
  const cellTanh = cell.tanh() as tf.Tensor2D;
  const hidden = output.mul(cellTanh) as tf.Tensor2D; //                                        [R, H]
  const trace: CellTrace = { previousCell, input, forget, candidate, output, cellTanh };
  return { hidden, cell, trace };
}

/** What the way back multiplies with at each step, and what does not wait for the steps after it. */
export interface CellSlopes {
  /** [R, H] the cell's derivative by the state's */
  cellByHidden: tf.Tensor2D;
  /** [R, 3, H] that of i, f, g by the cell's */
  gatesByCell: tf.Tensor3D;
  /** [R, H] that of o by the state's */
  outputByHidden: tf.Tensor2D;
  /** [R, H] that of the previous cell by the cell's */
  forget: tf.Tensor2D;
}

/** Computed for all steps together: a few large operations instead of twenty small ones a step. */
export function cellSlopes(traces: CellTrace[]): CellSlopes[] {
  const rows = traces.map(({ input }) => input.shape[0]);
  const all = (name: keyof CellTrace) =>
    tf.concat2d(
      traces.map((step) => step[name]),
      0,
    );
  const [input, candidate, output, cellTanh] = [all("input"), all("candidate"), all("output"), all("cellTanh")]; // [S, H]
  const gatesByCell = tf.stack(
    [
      candidate.mul(sigmoidSlope(input)),
      all("previousCell").mul(sigmoidSlope(all("forget"))),
      input.mul(tanhSlope(candidate)),
    ],
    1,
  ); //                                                                                         [S, 3, H]
  const cellByHidden = tf.split(output.mul(tanhSlope(cellTanh)), rows, 0); //                   T x [R_t, H]
  const byCell = tf.split(gatesByCell, rows, 0); //                                             T x [R_t, 3, H]
  const outputByHidden = tf.split(cellTanh.mul(sigmoidSlope(output)), rows, 0); //              T x [R_t, H]
  return traces.map(({ forget }, t) => ({
    cellByHidden: cellByHidden[t] as tf.Tensor2D,
    gatesByCell: byCell[t] as tf.Tensor3D,
    outputByHidden: outputByHidden[t] as tf.Tensor2D,
    forget,
  }));
}

/**
 * One step back. `d` before a name is the derivative of the loss by it.
 * @param dHidden [R, H]
 * @param dCellNext what later steps say of this step's cell: [at most R rows, H]
 */
export function cellBackward(slopes: CellSlopes, dHidden: tf.Tensor, dCellNext: tf.Tensor2D | undefined) {
  const [R, , H] = slopes.gatesByCell.shape;
  const dCellHere = dHidden.mul(slopes.cellByHidden); //                                        [R, H]
  const dCell = dCellNext ? dCellHere.add(extend(dCellNext, R)) : dCellHere; //                 [R, H]
  const dInner = dCell
    .reshape([R, 1, H])
    .mul(slopes.gatesByCell)
    .reshape([R, 3 * H]); //       [R, 3H]
  const dGates = tf.concat2d([dInner, dHidden.mul(slopes.outputByHidden)] as tf.Tensor2D[], 1); // [R, 4H] i, f, g, o
  return { dGates, dPreviousCell: dCell.mul(slopes.forget) as tf.Tensor2D };
}
