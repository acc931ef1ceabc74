import type { io } from "@tensorflow/tfjs";
import "../../operators/layers/index.js";
import { ShowtellError } from "../../../errors/index.js";
import { cast } from "../../emit/cast.js";
import { unsqueeze } from "../../emit/shape.js";
import { GraphBuilder, type Value } from "../../graph/builder.js";
import type { DType, Graph } from "../../graph/types.js";
import { inputShape, type WantedShape } from "../input-shape.js";
import { readWeights } from "../weights.js";
import { LayerConfig } from "./config.js";
import { Lowering } from "./lower.js";
import { type LayerTopology, readTopology } from "./topology.js";
import { WeightStore } from "./weight-store.js";

/** How an input of the ONNX graph shall differ from the model's. */
export interface InputOverride {
  /** Type that the caller gives; a Cast follows where the model works with another. */
  dtype?: "uint8" | "float32" | "int64" | "int32";
  name?: string;
  /** The model's last axis, of extent 1, is left out: [N, 1] becomes [N]. */
  squeeze?: boolean;
  /** Extents of the model's axes that are fixed, or named. */
  shape?: WantedShape;
}

export interface ReadOptions {
  opset: number;
  name?: string;
  /** By the name of the input layer. */
  inputs?: Record<string, InputOverride>;
  /** Extent of the first axis where the model leaves it free. */
  batch?: number;
  /** Names of the outputs, in the model's order. */
  outputs?: string[];
  /** Layers whose first output stays in the graph under a name: layer -> tensor. */
  keep?: Record<string, string>;
}

export interface ReadResult {
  graph: Graph;
  warnings: string[];
  layers: number;
}

/**
 * Reads a layers-model from its artifacts into a graph.
 * @throws ShowtellError CONVERT_INVALID_MODEL, CONVERT_UNSUPPORTED, USAGE
 */
export function readLayersModel(artifacts: io.ModelArtifacts, options: ReadOptions): ReadResult {
  const topology = readTopology(artifacts.modelTopology);
  const weights = new WeightStore(readWeights(artifacts.weightSpecs ?? [], dataOf(artifacts)));
  const b = new GraphBuilder(options.opset);
  const warnings: string[] = [];
  const symbols = new Symbols();
  const layers = new Map(topology.layers.map((layer) => [layer.name, layer]));
  const overrides = new Map(Object.entries(options.inputs ?? {}));
  const inputs = topology.inputs.map(({ layer }) => {
    const override = overrides.get(layer) ?? {};
    overrides.delete(layer);
    return readInput(b, layers.get(layer)!, { batch: options.batch, ...override }, symbols);
  });
  if (overrides.size > 0) {
    const known = topology.inputs.map(({ layer }) => layer).join(", ");
    throw new ShowtellError("USAGE", `The model has no input "${[...overrides.keys()].join('", "')}", but: ${known}.`);
  }
  const lowering = new Lowering(b, weights, warnings);
  const lowered = lowering.model(topology, inputs);
  const names = options.outputs ?? outputNames(topology.outputs.map(({ layer }) => layer));
  if (names.length !== lowered.outputs.length) {
    throw new ShowtellError(
      "USAGE",
      `The model has ${lowered.outputs.length} outputs, ${names.length} names are given.`,
    );
  }
  const kept = Object.entries(options.keep ?? {}).map(([layer, name]) => {
    const value = lowered.layers.get(layer)?.[0];
    if (!value) throw new ShowtellError("USAGE", `The model has no layer "${layer}" to keep.`);
    return { name, value };
  });
  const states = statesOf(lowering);
  const graph = b.finish(
    options.name ?? topology.name,
    [...lowered.outputs.map((value, i) => ({ name: names[i]!, value })), ...states.map(({ output }) => output)],
    { doc: "Converted from a TensorFlow.js layers-model.", metadata: stateMetadata(states), kept },
  );
  return { graph, warnings, layers: topology.layers.length };
}

interface State {
  input: string;
  output: { name: string; value: Value };
}

/** The states of stateful layers: each is an input, and what it is after the run an output behind the model's. */
function statesOf({ kept }: Lowering): State[] {
  return [...kept.values()].flatMap(({ layer, inputs, last }) =>
    inputs.map((input, i) => ({ input: input.name, output: { name: `${layer}/next_state_${i}`, value: last[i]! } })),
  );
}

/** Which output of one run is which input of the next, for programs that run the graph. */
function stateMetadata(states: State[]): Record<string, string> {
  if (states.length === 0) return {};
  return { states: JSON.stringify(Object.fromEntries(states.map(({ input, output }) => [input, output.name]))) };
}

function dataOf({ weightData, weightSpecs }: io.ModelArtifacts): ArrayBuffer | ArrayBuffer[] {
  if (weightData) return weightData as ArrayBuffer | ArrayBuffer[];
  if (!weightSpecs || weightSpecs.length === 0) return new ArrayBuffer(0);
  throw new ShowtellError("CONVERT_INVALID_MODEL", "The model has a list of weights, but no weight data.");
}

const INPUT_TYPES = ["float32", "int32", "bool"] as const satisfies DType[];

function readInput(
  b: GraphBuilder,
  layer: LayerTopology,
  override: InputOverride & { batch?: number },
  symbols: Symbols,
): Value {
  const where = `Input "${layer.name}"`;
  const config = new LayerConfig(layer.config, where);
  const given = config.raw("batchInputShape") ?? config.raw("batchShape");
  const fits = (extent: unknown) => extent === null || (Number.isSafeInteger(extent) && (extent as number) >= 0);
  if (layer.className !== "InputLayer" || !Array.isArray(given) || !given.every(fits)) {
    throw new ShowtellError("CONVERT_INVALID_MODEL", `${where}: its shape is missing or malformed.`);
  }
  const rank = given.length;
  const shape = inputShape(layer.name, given as (number | null)[], override, (axis) =>
    symbols.nameOf(layer.name, axis, rank),
  );
  const modelType = INPUT_TYPES.find((known) => known === config.word("dtype", "float32"));
  if (!modelType) {
    throw new ShowtellError("CONVERT_UNSUPPORTED", `${where}: type ${config.word("dtype", "")} is not supported.`);
  }
  const dtype = override.dtype ?? modelType;
  const outer = override.squeeze ? shape.slice(0, -1) : shape;
  if (override.squeeze && shape.at(-1) !== 1) {
    throw new ShowtellError("USAGE", `${where}: its last axis has extent ${shape.at(-1)}, only 1 can be left out.`);
  }
  const input = b.input(override.name ?? layer.name, dtype, outer);
  return b.within(layer.name, () => {
    const spread = override.squeeze ? unsqueeze(b, input, [shape.length - 1]) : input;
    // Indices stay whole numbers: a table is read by them as well as by floats, and exactly.
    const whole = dtype === "int64" || dtype === "int32";
    return whole && (modelType === "int32" || modelType === "float32") ? spread : cast(b, spread, modelType);
  });
}

/** Names for extents that are not fixed: N for the batch, H, W and T for what they usually are. */
class Symbols {
  readonly #owners = new Map<string, string>();

  nameOf(input: string, axis: number, rank: number): string {
    if (axis === 0) return "N";
    const usual = rank === 4 ? ["", "H", "W", "C"][axis]! : axis === 1 ? "T" : `D${axis}`;
    const owner = this.#owners.get(usual) ?? input;
    this.#owners.set(usual, owner);
    return owner === input ? usual : `${input}_${usual}`;
  }
}

/** Layer names; a layer's further outputs are numbered. */
function outputNames(layers: string[]): string[] {
  const count = new Map<string, number>();
  return layers.map((layer) => {
    const seen = count.get(layer) ?? 0;
    count.set(layer, seen + 1);
    return seen === 0 ? layer : `${layer}_${seen}`;
  });
}
