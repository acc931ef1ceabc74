import * as tf from "@tensorflow/tfjs";

/** What the recurrence reads. R_0 = K_0 * N rows; S = sum over t of R_t. */
export interface RecurrenceInputs {
  /** [N, L, A] what attention compares the query with */
  projected: tf.Tensor3D;
  /** [N, L, F] */
  features: tf.Tensor3D;
  /** [S, 4H] the words' share of the LSTM's gates, bias included */
  wordGates: tf.Tensor2D;
  /** [R_0, H] */
  hidden: tf.Tensor2D;
  /** [R_0, H] */
  cell: tf.Tensor2D;
  /** [H, A+F+4H] attention query, context gate and recurrent kernel side by side */
  stateKernel: tf.Tensor2D;
  /** [A, 1] */
  score: tf.Tensor2D;
  /** [F] */
  gateBias: tf.Tensor1D;
  /** [F, 4H] */
  contextKernel: tf.Tensor2D;
}

const ORDER = [
  "projected",
  "features",
  "wordGates",
  "hidden",
  "cell",
  "stateKernel",
  "score",
  "gateBias",
  "contextKernel",
] as const;

/** Tensors of one step that the way back needs. */
interface StepTrace {
  previousHidden: tf.Tensor2D; // [R, H]
  previousCell: tf.Tensor2D; //   [R, H]
  mixed: tf.Tensor2D; //          [R*L, A] tanh(projected + query)
  attention: tf.Tensor3D; //      [K, N, L]
  glimpse: tf.Tensor2D; //        [R, F]
  gate: tf.Tensor2D; //           [R, F]
  input: tf.Tensor2D; //          [R, H] i
  forget: tf.Tensor2D; //         [R, H] f
  candidate: tf.Tensor2D; //      [R, H] g
  output: tf.Tensor2D; //         [R, H] o
  cellTanh: tf.Tensor2D; //       [R, H]
}
const TRACED = [
  "previousHidden",
  "previousCell",
  "mixed",
  "attention",
  "glimpse",
  "gate",
  "input",
  "forget",
  "candidate",
  "output",
  "cellTanh",
] as const satisfies (keyof StepTrace)[];

/**
 * Attention and LSTM over all steps (Xu et al. 2015, eq. 1 to 6 and 8), with back-propagation through time written out:
 * the gradients of the kernels are one product over all steps instead of a sum of T small ones, and the derivative of
 * the attention's tanh takes two passes over [K, N, L, A] instead of six.
 *
 * @param columns K_t, captions an image that are still being written at step t
 * @returns [S, H+F+L]: state, gated context and attention of every step
 */
export function recurrence(inputs: RecurrenceInputs, columns: number[]): tf.Tensor2D {
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.pop() as tf.GradSaveFunc;
    const given = args as tf.Tensor[];
    const x = Object.fromEntries(ORDER.map((name, i) => [name, given[i]])) as unknown as RecurrenceInputs;
    const { value, traces } = forward(x, columns);
    save([...given, value, ...traces.flatMap((trace) => TRACED.map((name) => trace[name]))]);
    return {
      value,
      gradFunc: (dy: tf.Tensor2D, saved: tf.Tensor[]) => {
        const y = Object.fromEntries(ORDER.map((name, i) => [name, saved[i]])) as unknown as RecurrenceInputs;
        const kept = saved.slice(ORDER.length + 1);
        const steps = columns.map((_, t) => {
          const own = kept.slice(t * TRACED.length);
          return Object.fromEntries(TRACED.map((name, i) => [name, own[i]])) as unknown as StepTrace;
        });
        const gradients = backward(y, steps, saved[ORDER.length] as tf.Tensor2D, dy, columns);
        return ORDER.map((name) => gradients[name]);
      },
    };
  });
  return run(...ORDER.map((name) => inputs[name])) as tf.Tensor2D;
}

function sizes(x: RecurrenceInputs) {
  const [N, L, A] = x.projected.shape;
  const [F] = x.gateBias.shape;
  const [H] = x.stateKernel.shape;
  return { N, L, A, F, H };
}

/** The first rows of a matrix. */
function top(x: tf.Tensor2D, rows: number): tf.Tensor2D {
  return x.shape[0] === rows ? x : x.slice([0, 0], [rows, x.shape[1]]);
}

/** Rows of zeros added below. */
function extend(x: tf.Tensor2D, rows: number): tf.Tensor2D {
  return x.shape[0] === rows
    ? x
    : tf.pad2d(x, [
        [0, rows - x.shape[0]],
        [0, 0],
      ]);
}

/** [K, N, X] <-> [N, K, X] */
function swap(x: tf.Tensor): tf.Tensor3D {
  return (
    x.shape[0] === 1 || x.shape[1] === 1
      ? x.reshape([x.shape[1] as number, x.shape[0], x.shape[2] as number])
      : x.transpose([1, 0, 2])
  ) as tf.Tensor3D;
}

function forward(x: RecurrenceInputs, columns: number[]): { value: tf.Tensor2D; traces: StepTrace[] } {
  const { N, L, A, F, H } = sizes(x);
  const rows = columns.map((captions) => captions * N);
  const wordGates = tf.split(x.wordGates, rows, 0); //                                          T x [R_t, 4H]
  const projected = x.projected.reshape([1, N, L, A]);
  let { hidden, cell } = x;
  const traces: StepTrace[] = [];
  const written = columns.map((K, t) => {
    const R = rows[t];
    const previousHidden = top(hidden, R); //                                                   [R, H]
    const previousCell = top(cell, R); //                                                       [R, H]
    const mapped = tf.matMul(previousHidden, x.stateKernel); //                                 [R, A+F+4H]
    const [query, gateLogits, recurrent] = tf.split(mapped, [A, F, 4 * H], 1); //               [R, A], [R, F], [R, 4H]
    const mixed = projected
      .add(query.reshape([K, N, 1, A]))
      .tanh()
      .reshape([R * L, A]) as tf.Tensor2D; // eq. 4
    const attention = tf.softmax(tf.matMul(mixed, x.score).reshape([K, N, L])) as tf.Tensor3D; // [K, N, L] eq. 5
    const glimpse = swap(tf.matMul(swap(attention), x.features)).reshape([R, F]) as tf.Tensor2D; // [R, F] eq. 8
    const gate = gateLogits.add(x.gateBias).sigmoid() as tf.Tensor2D; //                        [R, F] section 4.2.1
    const context = gate.mul(glimpse) as tf.Tensor2D; //                                        [R, F]
    const gates = wordGates[t].add(recurrent).add(tf.matMul(context, x.contextKernel)); //      [R, 4H]
    const [i, f, g, o] = tf.split(gates, 4, 1); //                                              4 x [R, H] eq. 1
    const [input, forget, output] = [i.sigmoid(), f.sigmoid(), o.sigmoid()] as tf.Tensor2D[];
    const candidate = g.tanh() as tf.Tensor2D;
    cell = forget.mul(previousCell).add(input.mul(candidate)) as tf.Tensor2D; //                [R, H] eq. 2
    const cellTanh = cell.tanh() as tf.Tensor2D;
    hidden = output.mul(cellTanh) as tf.Tensor2D; //                                            [R, H] eq. 3
    traces.push({
      previousHidden,
      previousCell,
      mixed,
      attention,
      glimpse,
      gate,
      input,
      forget,
      candidate,
      output,
      cellTanh,
    });
    return tf.concat2d([hidden, context, attention.reshape([R, L]) as tf.Tensor2D], 1); //      [R, H+F+L]
  });
  return { value: tf.concat2d(written, 0), traces };
}

/** Slope of the sigmoid and of tanh by their values. */
const sigmoidSlope = (y: tf.Tensor2D): tf.Tensor2D => y.sub(y.square());
const tanhSlope = (y: tf.Tensor2D): tf.Tensor2D => tf.scalar(1).sub(y.square()) as tf.Tensor2D;

/** What the way back multiplies with at each step, and what does not wait for the steps after it. */
interface StepSlopes {
  cellByHidden: tf.Tensor2D; //  [R, H] d cell / d hidden's derivative
  gatesByCell: tf.Tensor3D; //   [R, 3, H] d (i, f, g) by the cell's
  outputByHidden: tf.Tensor2D; // [R, H] d o by the state's
  gateByContext: tf.Tensor2D; // [R, F] d of the context gate by the context's
}

/** Computed for all steps together: a few large operations instead of twenty small ones a step. */
function slopes(traces: StepTrace[], rows: number[]): StepSlopes[] {
  const all = (name: keyof StepTrace) =>
    tf.concat2d(
      traces.map((step) => step[name] as tf.Tensor2D),
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
  const parts = {
    cellByHidden: tf.split(output.mul(tanhSlope(cellTanh)), rows, 0), //                        T x [R_t, H]
    gatesByCell: tf.split(gatesByCell, rows, 0), //                                             T x [R_t, 3, H]
    outputByHidden: tf.split(cellTanh.mul(sigmoidSlope(output)), rows, 0), //                   T x [R_t, H]
    gateByContext: tf.split(all("glimpse").mul(sigmoidSlope(all("gate"))), rows, 0), //         T x [R_t, F]
  };
  return rows.map((_, t) => ({
    cellByHidden: parts.cellByHidden[t] as tf.Tensor2D,
    gatesByCell: parts.gatesByCell[t] as tf.Tensor3D,
    outputByHidden: parts.outputByHidden[t] as tf.Tensor2D,
    gateByContext: parts.gateByContext[t] as tf.Tensor2D,
  }));
}

/** Gradients by name; `d` before a name is the derivative of the loss by it. */
function backward(
  x: RecurrenceInputs,
  traces: StepTrace[],
  value: tf.Tensor2D,
  dValue: tf.Tensor2D,
  columns: number[],
): Record<(typeof ORDER)[number], tf.Tensor> {
  const { N, L, A, F, H } = sizes(x);
  const rows = columns.map((captions) => captions * N);
  const dWritten = tf.split(dValue, rows, 0); //                                                T x [R_t, H+F+L]
  const bySlope = slopes(traces, rows);
  const dStates: tf.Tensor2D[] = [];
  const dGlimpses: tf.Tensor3D[] = [];
  let dHiddenNext: tf.Tensor2D | undefined;
  let dCellNext: tf.Tensor2D | undefined;
  let dProjected: tf.Tensor = tf.zeros([N, L, A]);
  let dScore: tf.Tensor = tf.zeros([A, 1]);
  const weights = x.score.reshape([1, A]); //                                                   [1, A]
  for (let t = columns.length - 1; t >= 0; t--) {
    const [K, R, step, slope] = [columns[t], rows[t], traces[t], bySlope[t]];
    const [dHiddenOut, dContextOut, dAttentionOut] = tf.split(dWritten[t], [H, F, L], 1) as tf.Tensor2D[];
    const dHidden = dHiddenNext ? dHiddenOut.add(extend(dHiddenNext, R)) : dHiddenOut; //       [R, H]
    const dCellHere = dHidden.mul(slope.cellByHidden); //                                       [R, H]
    const dCell = dCellNext ? dCellHere.add(extend(dCellNext, R)) : dCellHere; //               [R, H]
    const dGates = tf.concat2d(
      [
        dCell
          .reshape([R, 1, H])
          .mul(slope.gatesByCell)
          .reshape([R, 3 * H]) as tf.Tensor2D,
        dHidden.mul(slope.outputByHidden) as tf.Tensor2D,
      ],
      1,
    ); //                                                                                       [R, 4H] i, f, g, o
    dCellNext = dCell.mul(step.forget) as tf.Tensor2D; //                                       [R, H]
    const dContext = dContextOut.add(tf.matMul(dGates, x.contextKernel, false, true)); //       [R, F]
    const dGate = dContext.mul(slope.gateByContext); //                                         [R, F]
    const dGlimpse = swap(dContext.mul(step.gate).reshape([K, N, F])); //                       [N, K, F]
    const dAttention = swap(tf.matMul(dGlimpse, x.features, false, true)) //                    [K, N, L]
      .add(dAttentionOut.reshape([K, N, L]));
    const weighted = step.attention.mul(dAttention); //                                         [K, N, L]
    const dEnergy = weighted.sub(step.attention.mul(weighted.sum(2, true))); //                 [K, N, L]
    dScore = dScore.add(tf.matMul(step.mixed, dEnergy.reshape([R * L, 1]) as tf.Tensor2D, true)); // [A, 1]
    // d tanh = score * dEnergy * (1 - mixed^2). Over L the energies' gradients sum to zero (softmax ignores a shift), so
    // that the query's part is the squares' alone.
    const squares = step.mixed
      .square()
      .mul(dEnergy.reshape([R * L, 1]))
      .reshape([K, N * L, A]); // [K, N*L, A]
    const dQuery = squares.reshape([R, L, A]).sum(1).mul(weights).neg(); //                     [R, A]
    const overCaptions = (K === 1 ? squares : squares.sum(0)).reshape([N, L, A]); //            [N, L, A]
    dProjected = dProjected.add(dEnergy.sum(0).reshape([N, L, 1]).sub(overCaptions)); //        [N, L, A]
    const dState = tf.concat2d([dQuery, dGate, dGates] as tf.Tensor2D[], 1); //                 [R, A+F+4H]
    dHiddenNext = tf.matMul(dState, x.stateKernel, false, true); //                             [R, H]
    dStates.unshift(dState);
    dGlimpses.unshift(dGlimpse);
  }
  const dHiddenFirst = dHiddenNext as tf.Tensor2D;
  const dCellFirst = dCellNext as tf.Tensor2D;
  const dState = tf.concat2d(dStates, 0); //                                                    [S, A+F+4H]
  const [, dGate, dGates] = tf.split(dState, [A, F, 4 * H], 1) as tf.Tensor2D[]; //              [S, F], [S, 4H]
  const previous = tf.concat2d(
    traces.map((step) => step.previousHidden),
    0,
  ); //                [S, H]
  const contexts = value.slice([0, H], [-1, F]); //                                             [S, F]
  const attentions = tf.concat(
    traces.map((step) => swap(step.attention)),
    1,
  ) as tf.Tensor3D; // [N, sum K, L]
  return {
    projected: dProjected.mul(weights.reshape([1, 1, A])), //                             [N, L, A]
    features: tf.matMul(attentions, tf.concat(dGlimpses, 1) as tf.Tensor3D, true), //      [N, L, F]
    wordGates: dGates, //                                                                 [S, 4H]
    hidden: dHiddenFirst, //                                                              [R_0, H]
    cell: dCellFirst, //                                                                  [R_0, H]
    stateKernel: tf.matMul(previous, dState, true), //                                    [H, A+F+4H]
    score: dScore, //                                                                     [A, 1]
    gateBias: dGate.sum(0), //                                                            [F]
    contextKernel: tf.matMul(contexts, dGates, true), //                                  [F, 4H]
  };
}
