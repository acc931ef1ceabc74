import { ShowtellError } from "../../errors/index.js";
import { checkGraph } from "../graph/check.js";
import { cloneGraph } from "../graph/clone.js";
import type { Graph } from "../graph/types.js";
import { GraphEditor } from "../passes/editor.js";
import { settleNames } from "../passes/settle-names.js";
import { onnxSize } from "../write/onnx.js";
import { type Calibration, observeRanges } from "./calibrate.js";
import { compareOutputs, type OutputDifference } from "./compare.js";
import { joinBiases } from "./join-biases.js";
import { planQuantization } from "./plan.js";
import { expandRecurrentSteps } from "./recurrent-step.js";
import { insertQuantization } from "./rewrite.js";
import { quantizeRecurrentWeights, quantizeTables } from "./weights-alone.js";

export type { Calibration, CalibrationValues, RunGraph, Sample } from "./calibrate.js";
export type { OutputDifference } from "./compare.js";

export interface QuantizeOptions extends Calibration {
  /**
   * Whether the graph will run on processors with VNNI alone (or ARM's dot product): weights then use all of int8. By
   * default neighbouring weights are kept small enough for other x86 processors too, which add up two products in int16.
   */
  vnni?: boolean;
}

export interface QuantizationReport {
  /** Inputs that the ranges were observed on, and the outputs compared on. */
  samples: number;
  /** Nodes that run on bytes. */
  quantized: number;
  /** Tables and recurrent weights that are stored as int8 and used as float32. */
  stored: number;
  /** Multiplications that stay in float32, and why. */
  left: { node: string; op: string; reason: string }[];
  outputs: OutputDifference[];
  /** Of the ONNX file in float32. */
  bytesBefore: number;
}

/**
 * The graph with its multiplications in int8: uint8 activations with one range a tensor, int8 weights with one step a
 * channel, as QuantizeLinear and DequantizeLinear, which onnxruntime turns into integer kernels. The nodes within
 * branches and loops stay in float32.
 *
 * @throws ShowtellError USAGE without samples or where these are not finite, CONVERT_UNSUPPORTED where a graph has
 *   nothing to quantise
 */
export async function quantize(
  graph: Graph,
  options: QuantizeOptions,
): Promise<{ graph: Graph; report: QuantizationReport }> {
  const prepared = cloneGraph(graph);
  expandRecurrentSteps(prepared);
  joinBiases(prepared);
  const editor = new GraphEditor(cloneGraph(prepared));
  const plan = planQuantization(editor);
  if (!plan.units.some(({ roles }) => roles.kind === "product")) {
    throw new ShowtellError(
      "CONVERT_UNSUPPORTED",
      `The graph "${graph.name}" has nothing to quantise: no Conv, MatMul or Gemm with constant weights.`,
    );
  }
  const { ranges, samples } = await observeRanges(prepared, plan.tensors, options);
  insertQuantization(editor, plan, ranges, !options.vnni);
  const stored = quantizeTables(editor) + quantizeRecurrentWeights(editor);
  editor.finish();
  settleNames(editor.graph);
  checkGraph(editor.graph);
  const outputs = await compareOutputs(graph, editor.graph, options);
  const { left, units } = plan;
  return {
    graph: editor.graph,
    report: { samples, quantized: units.length, stored, left, outputs, bytesBefore: onnxSize(graph) },
  };
}
