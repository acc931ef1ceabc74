import type { io } from "@tensorflow/tfjs";
import { ShowtellError } from "../errors/index.js";
import { toChannelsFirstInputs } from "./endpoints/layout.js";
import { selectOutputs } from "./endpoints/outputs.js";
import { checkGraph } from "./graph/check.js";
import { sizeOf } from "./graph/tensor.js";
import type { Graph } from "./graph/types.js";
import { toFloat16Weights } from "./passes/float16-weights.js";
import { optimize } from "./passes/index.js";
import { type QuantizationReport, type QuantizeOptions, quantize } from "./quantize/index.js";
import { readGraphModel } from "./read/graph-model/index.js";
import { type ModelKind, modelKind } from "./read/kind.js";
import { type InputOverride, type ReadOptions, type ReadResult, readLayersModel } from "./read/layers-model/index.js";
import { readTopology } from "./read/layers-model/topology.js";
import { artifactsFrom, type ModelSource } from "./read/source.js";
import { onnxSize, writeOnnx } from "./write/onnx.js";
import { checkOpset, NEWEST_OPSET, OLDEST_OPSET } from "./write/opset.js";

export const PRECISIONS = ["fp32", "fp16", "int8"] as const;
export type Precision = (typeof PRECISIONS)[number];

export interface ConvertOptions {
  /** ONNX operator set, 17 to 21; 17 by default. */
  opset?: number;
  /** Name of the graph; the model's own by default. */
  name?: string;
  /** Changes to inputs, by the model's name for each. Those that are listed come first, in this order. */
  inputs?: Record<string, InputOverride>;
  /**
   * A list: names for the model's outputs, in its own order. A record: only these outputs, in this order, each with the
   * name that it gets; layers of a layers-model and nodes of a graph-model can be outputs as well.
   */
  outputs?: string[] | Record<string, string>;
  /** Extent of every input's first axis, where the model leaves it free. */
  batch?: number;
  /** `nchw`: images are taken as [N, C, H, W]. */
  layout?: "nchw";
  /**
   * `fp16`: large weights are stored in half the bytes; arithmetic stays in float32. `int8`: multiplications run on
   * bytes, with ranges that are observed on `calibration`.
   */
  precision?: Precision;
  /** With `int8`: inputs by the graph's names, in its shapes, and what runs a graph on them. */
  calibration?: QuantizeOptions;
  /** Layers or nodes whose output stays in the graph as a named tensor, for `cut`: layer -> name. */
  keep?: Record<string, string>;
  /** Whether the graph is simplified; true by default. */
  optimize?: boolean;
}

export interface ConversionReport {
  kind: ModelKind;
  opset: number;
  precision: Precision;
  /** Layers of the layers-model, or nodes of the graph-model. */
  layers: number;
  /** Nodes of the graph before it was simplified. */
  nodesBefore: number;
  nodes: number;
  /** Numbers in the initialisers. */
  parameters: number;
  /** Of the ONNX file. */
  bytes: number;
  warnings: string[];
  milliseconds: number;
  /** Of `int8`: what it covers, and how far each output moves from float32. */
  quantization?: QuantizationReport;
}

/** What an input or output of the graph is in the model. */
export interface Origin {
  /** In the order of the graph's inputs; `squeeze` where the model's last axis, of extent 1, is left out. */
  inputs: { name: string; layout?: "nchw"; squeeze?: boolean }[];
  /** In the order of the graph's outputs: place among the model's own, or name of an output, a layer or a node. */
  outputs: (number | string)[];
}

export interface Converted {
  graph: Graph;
  report: ConversionReport;
  origin: Origin;
  /** Of `int8`: the graph before, in float32, which is the one to hold against the model. */
  unquantized?: Graph;
  /** The model's artifacts, as they were read. */
  artifacts: io.ModelArtifacts;
  /** The ONNX file. */
  bytes(): Uint8Array;
}

/**
 * Converts a TensorFlow.js model to ONNX.
 *
 * @param model a live LayersModel or GraphModel, its artifacts, or an IOHandler; in Node also the path of its model.json
 * @throws ShowtellError CONVERT_UNSUPPORTED, CONVERT_INVALID_MODEL, USAGE; FILE_NOT_FOUND for a path
 */
export async function convert(model: ModelSource | string, options: ConvertOptions = {}): Promise<Converted> {
  checkOptions(options);
  const { calibration, precision, ...others } = options;
  if (!calibration) return convertExactly(model, options);
  return quantizeConverted(await convertExactly(model, others), calibration);
}

/**
 * A conversion in float32 turned to int8, as `convert` with a calibration gives it at once: here the samples can be made
 * after the graph's inputs are known.
 * @throws ShowtellError as `quantize`
 */
export async function quantizeConverted(converted: Converted, options: QuantizeOptions): Promise<Converted> {
  const started = performance.now();
  const { graph, report } = await quantize(converted.graph, options);
  return {
    ...converted,
    graph,
    unquantized: converted.graph,
    report: {
      ...converted.report,
      precision: "int8",
      nodes: graph.nodes.length,
      bytes: onnxSize(graph),
      milliseconds: converted.report.milliseconds + performance.now() - started,
      quantization: report,
    },
    bytes: () => writeOnnx(graph),
  };
}

async function convertExactly(model: ModelSource | string, options: ConvertOptions): Promise<Converted> {
  const started = performance.now();
  const artifacts = typeof model === "string" ? await artifactsAt(model) : await artifactsFrom(model);
  const kind = modelKind(artifacts);
  const read = READERS[kind](artifacts, { ...options, opset: options.opset ?? OLDEST_OPSET });
  let graph = inOrder(read.graph, options.inputs ?? {});
  const before = graph.nodes.length;
  let nchw: string[] = [];
  if (options.layout === "nchw") ({ graph, changed: nchw } = toChannelsFirstInputs(graph));
  if (options.optimize !== false) graph = optimize(graph);
  if (options.precision === "fp16") graph = toFloat16Weights(graph);
  const origin: Origin = {
    inputs: graph.inputs.map(({ name }) => {
      const source = sourceOf(name, options.inputs ?? {});
      const { squeeze } = options.inputs?.[source] ?? {};
      return { name: source, ...(nchw.includes(name) && { layout: "nchw" }), ...(squeeze && { squeeze }) };
    }),
    outputs: read.outputs,
  };
  checkGraph(graph);
  checkOpset(graph);
  const parameters = [...graph.initializers.values()].reduce((total, { shape }) => total + sizeOf(shape), 0);
  return {
    graph,
    report: {
      kind,
      opset: graph.opset,
      precision: options.precision ?? "fp32",
      layers: read.layers,
      nodesBefore: before,
      nodes: graph.nodes.length,
      parameters,
      bytes: onnxSize(graph),
      warnings: read.warnings,
      milliseconds: performance.now() - started,
    },
    origin,
    artifacts,
    bytes: () => writeOnnx(graph),
  };
}

function checkOptions(options: ConvertOptions): void {
  const { opset = OLDEST_OPSET, precision = "fp32", layout, batch, calibration } = options;
  if (!Number.isInteger(opset) || opset < OLDEST_OPSET || opset > NEWEST_OPSET) {
    throw new ShowtellError("USAGE", `Opset ${opset} is not one of ${OLDEST_OPSET} to ${NEWEST_OPSET}.`);
  }
  if (!PRECISIONS.includes(precision)) {
    throw new ShowtellError("USAGE", `Precision "${precision}" is not one of ${PRECISIONS.join(", ")}.`);
  }
  if ((precision === "int8") !== (calibration !== undefined)) {
    throw new ShowtellError("USAGE", "Precision int8 and a calibration go together: one is given without the other.");
  }
  if (layout !== undefined && layout !== "nchw") {
    throw new ShowtellError("USAGE", `Layout "${layout}" is not known: "nchw", or none for the model's own.`);
  }
  if (batch !== undefined && !(Number.isSafeInteger(batch) && batch > 0)) {
    throw new ShowtellError("USAGE", `A batch of ${batch} is not possible: a whole number from 1 on is wanted.`);
  }
}

/** The one place that leads from the core to the disk; package.json gives browsers nothing instead. */
async function artifactsAt(path: string): Promise<io.ModelArtifacts> {
  // biome-ignore lint/style/noRestrictedImports: loaded in Node alone, where a path is given.
  const { openModel } = await import("./files/index.js");
  if (!openModel) throw new ShowtellError("USAGE", "Paths can be read in Node alone: give convert() tf.io.http(url).");
  return (await openModel(path)).artifacts;
}

type Read = ReadResult & { outputs: Origin["outputs"] };
type Reader = (artifacts: io.ModelArtifacts, options: ConvertOptions & { opset: number }) => Read;

const READERS: Record<ModelKind, Reader> = {
  "layers-model": (artifacts, { outputs, ...options }) => {
    if (!outputs || Array.isArray(outputs)) {
      const read = readLayersModel(artifacts, { ...options, outputs });
      return { ...read, outputs: read.graph.outputs.map((_, i) => i) };
    }
    const layers = new Set(readTopology(artifacts.modelTopology).layers.map(({ name }) => name));
    const inner = Object.keys(outputs).filter((name) => layers.has(name));
    const keep: ReadOptions["keep"] = { ...options.keep, ...Object.fromEntries(inner.map((name) => [name, name])) };
    const read = readLayersModel(artifacts, { ...options, keep });
    const own = read.graph.outputs.map(({ name }) => name);
    const sources = Object.keys(outputs).map((name) => (own.includes(name) ? own.indexOf(name) : name));
    return { ...read, graph: selectOutputs(read.graph, Object.entries(outputs)), outputs: sources };
  },
  "graph-model": (artifacts, options) => {
    const read = readGraphModel(artifacts, options);
    const { outputs } = options;
    const listed = outputs && !Array.isArray(outputs);
    return { ...read, outputs: listed ? Object.keys(outputs) : read.graph.outputs.map((_, i) => i) };
  },
};

/** The graph with the inputs that are listed first, in the order of the list. */
function inOrder(graph: Graph, overrides: Record<string, InputOverride>): Graph {
  const listed = Object.keys(overrides);
  const place = (name: string) => {
    const at = listed.indexOf(sourceOf(name, overrides));
    return at < 0 ? listed.length : at;
  };
  return { ...graph, inputs: graph.inputs.toSorted((a, b) => place(a.name) - place(b.name)) };
}

/** The model's name for an input of the graph. */
function sourceOf(name: string, overrides: Record<string, InputOverride>): string {
  return Object.entries(overrides).find(([, override]) => override.name === name)?.[0] ?? name;
}
