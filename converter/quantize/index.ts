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
import { type UnitLoss, unitLosses } from "./loss.js";
import { calibrationMethod } from "./methods/registry.js";
import { type Plan, planQuantization } from "./plan.js";
import { expandRecurrentSteps } from "./recurrent-step.js";
import { insertQuantization } from "./rewrite.js";
import { quantizeRecurrentWeights, quantizeTables } from "./weights-alone.js";

export type { Calibration, CalibrationValues, RunGraph, Sample } from "./calibrate.js";
export type { OutputDifference } from "./compare.js";
export type { UnitLoss } from "./loss.js";
export { calibrationMethod } from "./methods/registry.js";

/** A node whose output keeps less than this, in decibels, has a tenth of its strength or more changed by bytes. */
export const LEAST_DECIBELS = 20;

export interface QuantizeOptions extends Calibration {
  /**
   * Whether the graph will run on processors with VNNI alone (or ARM's dot product): weights then use all of int8. By
   * default neighbouring weights are kept small enough for other x86 processors too, which add up two products in int16.
   */
  vnni?: boolean;
  /** How ranges are chosen from what was seen: `max`, `percentile`, `percentile:99.9` or `entropy`; the best by default. */
  method?: string;
  /** A node whose output would have a smaller signal-to-noise ratio than this, in decibels, stays in float32. */
  leastDecibels?: number;
}

export interface QuantizationReport {
  /** How the ranges were chosen. */
  method: string;
  /** Inputs that the ranges were observed on, and the outputs compared on. */
  samples: number;
  /** Nodes that run on bytes. */
  quantized: number;
  /** Tables and recurrent weights that are stored as int8 and used as float32. */
  stored: number;
  /** What stays in float32, and why: multiplications, and all that loses too much on bytes. */
  left: { node: string; op: string; reason: string }[];
  /** What each node that runs on bytes loses by that. */
  losses: UnitLoss[];
  outputs: OutputDifference[];
  /** Of the ONNX file in float32. */
  bytesBefore: number;
}

/**
 * The graph with its multiplications in int8: uint8 activations with one range a tensor, int8 weights with one step a
 * channel, as QuantizeLinear and DequantizeLinear, which onnxruntime turns into integer kernels. The nodes within
 * branches and loops stay in float32, and so do those that lose too much.
 *
 * @throws ShowtellError USAGE without samples, where these are not finite, or for an unknown method; CONVERT_UNSUPPORTED
 *   where a graph has nothing to quantise
 */
export async function quantize(
  graph: Graph,
  options: QuantizeOptions,
): Promise<{ graph: Graph; report: QuantizationReport }> {
  const prepared = cloneGraph(graph);
  expandRecurrentSteps(prepared);
  joinBiases(prepared);
  const method = calibrationMethod(options.method);
  const { leastDecibels = LEAST_DECIBELS } = options;
  if (Number.isNaN(leastDecibels)) throw new ShowtellError("USAGE", "The least signal-to-noise ratio is no number.");
  let editor = new GraphEditor(cloneGraph(prepared));
  let plan = planQuantization(editor);
  requireProducts(graph, plan, "no Conv, MatMul or Gemm with constant weights");
  const { ranges, samples } = await observeRanges(prepared, plan.tensors, options, method);
  insertQuantization(editor, plan, ranges, !options.vnni);
  const losses = await unitLosses(prepared, editor, plan, ranges, options);
  const lossy = losses.filter(({ decibels }) => decibels < leastDecibels);
  if (lossy.length > 0) {
    const reasons = lossy.map(({ node, decibels }) => [node, reasonOf(decibels, leastDecibels)] as const);
    editor = new GraphEditor(cloneGraph(prepared));
    plan = planQuantization(editor, new Map(reasons));
    requireProducts(graph, plan, `each of its products would keep less than ${leastDecibels} dB`);
    insertQuantization(editor, plan, ranges, !options.vnni);
  }
  const stored = quantizeTables(editor) + quantizeRecurrentWeights(editor);
  editor.finish();
  settleNames(editor.graph);
  checkGraph(editor.graph);
  const outputs = await compareOutputs(graph, editor.graph, options);
  const { left, units } = plan;
  const inBytes = new Set(units.map(({ node }) => node.name));
  return {
    graph: editor.graph,
    report: {
      method: method.name,
      samples,
      quantized: units.length,
      stored,
      left,
      losses: losses.filter(({ node }) => inBytes.has(node)),
      outputs,
      bytesBefore: onnxSize(graph),
    },
  };
}

function requireProducts(graph: Graph, { units }: Plan, otherwise: string): void {
  if (units.some(({ roles }) => roles.kind === "product")) return;
  throw new ShowtellError("CONVERT_UNSUPPORTED", `The graph "${graph.name}" has nothing to quantise: ${otherwise}.`);
}

function reasonOf(decibels: number, least: number): string {
  return `on bytes its output would keep a signal-to-noise ratio of ${decibels.toFixed(2)} dB, less than ${least}`;
}
