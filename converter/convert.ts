import type { io, LayersModel } from "@tensorflow/tfjs";
import { ShowtellError } from "../errors/index.js";
import { checkGraph } from "./graph/check.js";
import { sizeOf } from "./graph/tensor.js";
import type { Graph } from "./graph/types.js";
import { optimize } from "./passes/index.js";
import { type InputOverride, readLayersModel } from "./read/layers-model/index.js";
import { artifactsOf } from "./read/layers-model/live.js";
import { writeOnnx } from "./write/onnx.js";

export interface ConvertOptions {
  /** ONNX operator set, 17 to 21. */
  opset?: number;
  /** Name of the graph; the model's own by default. */
  name?: string;
  /** Changes to inputs, by the name of the input layer. */
  inputs?: Record<string, InputOverride>;
  /** Names of the outputs, in the model's order; by default those of their layers. */
  outputs?: string[];
  /** Layers whose output stays in the graph as a named tensor, for `cut`: layer -> name. */
  keep?: Record<string, string>;
  /** Whether the graph is simplified; true by default. */
  optimize?: boolean;
}

export interface ConversionReport {
  layers: number;
  nodes: number;
  /** Numbers in the initialisers. */
  parameters: number;
  warnings: string[];
}

export interface Converted {
  graph: Graph;
  report: ConversionReport;
  /** The ONNX file. */
  bytes(): Uint8Array;
}

const DEFAULT_OPSET = 17;
const NEWEST_OPSET = 21;

/**
 * Converts a TensorFlow.js layers-model to ONNX.
 * @throws ShowtellError CONVERT_UNSUPPORTED, CONVERT_INVALID_MODEL, USAGE
 */
export async function convert(
  model: LayersModel | io.ModelArtifacts,
  options: ConvertOptions = {},
): Promise<Converted> {
  const opset = options.opset ?? DEFAULT_OPSET;
  if (!Number.isInteger(opset) || opset < DEFAULT_OPSET || opset > NEWEST_OPSET) {
    throw new ShowtellError("USAGE", `Opset ${opset} is not one of ${DEFAULT_OPSET} to ${NEWEST_OPSET}.`);
  }
  const artifacts = "predict" in model ? await artifactsOf(model) : model;
  const { graph: read, warnings, layers } = readLayersModel(artifacts, { ...options, opset });
  const graph = options.optimize === false ? read : optimize(read);
  checkGraph(graph);
  const parameters = [...graph.initializers.values()].reduce((total, { shape }) => total + sizeOf(shape), 0);
  return {
    graph,
    report: { layers, nodes: graph.nodes.length, parameters, warnings },
    bytes: () => writeOnnx(graph),
  };
}
