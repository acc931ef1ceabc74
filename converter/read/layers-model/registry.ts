import type { ShowtellError } from "../../../errors/index.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import type { Tensor, TensorType } from "../../graph/types.js";
import type { LayerConfig } from "./config.js";

/** What a layer's lowering works with. */
export interface LayerContext {
  name: string;
  className: string;
  config: LayerConfig;
  b: GraphBuilder;
  /** What the layer is called on. */
  inputs: Value[];
  /** The only input. */
  x: Value;
  /** The mask of each input: true where a step counts. */
  masks: readonly (Value | undefined)[];
  /** The mask that TensorFlow.js hands the layer, for layers that look at it. */
  readMask(): Value | undefined;
  /**
   * A weight by the name that the layer gives it, such as `kernel`.
   * @param rank number of axes that it must have
   * @throws ShowtellError CONVERT_INVALID_MODEL where the file has none, or it is another
   */
  weight(name: string, rank?: number): Tensor;
  /** The same as a constant of the graph. */
  constant(name: string, rank?: number): Value;
  /** Applies the activation that the configuration names under `key`. */
  activate(x: Value, key?: string, otherwise?: string): Value;
  /**
   * The states of a layer that keeps them from run to run. They become inputs of the graph, and what `keepStates` is
   * given last its outputs: whoever runs it gives zeros first, and then what the run before gave.
   */
  keptStates(types: TensorType[]): Value[];
  keepStates(states: Value[]): void;
  /** Lowers a layer, or a model, that this one wraps. */
  inner(wrapped: WrappedLayer): Value[];
  /** What the lowering of a wrapped layer would work with. */
  innerContext(wrapped: WrappedLayer): LayerContext;
  /** The same layer, written into the body of a Loop or Scan. */
  inBody(body: GraphBuilder): LayerContext;
  unsupported(reason: string): ShowtellError;
  invalid(reason: string): ShowtellError;
  /** Notes for the report. */
  warn(message: string): void;
}

/** A layer inside another. */
export interface WrappedLayer {
  className: string;
  config: Record<string, unknown>;
  inputs: Value[];
  /** Name under which its weights are stored below the outer layer's; without one they carry the outer's name. */
  name?: string;
  /** The mask that it is handed; the outer layer's by default. */
  readMask?: () => Value | undefined;
}

/** Writes one call of a layer as ONNX nodes and returns its outputs. */
export type LowerLayer = (layer: LayerContext) => Value | Value[];

/**
 * The mask of a layer's outputs: that of its first input (`passes`), none (`drops`), or one of its own. Masks begin at
 * Masking, and at Embedding with maskZero.
 */
export type Masking = "passes" | "drops" | ((layer: LayerContext) => Value | undefined);

export interface LayerOptions {
  masking?: Masking;
  /** What it becomes in ONNX, for the documentation. */
  becomes?: string;
  /** What is refused, or differs from what one might expect; for the documentation. */
  limits?: string;
}

export interface RegisteredLayer extends LayerOptions {
  lower: LowerLayer;
}

const layers = new Map<string, RegisteredLayer>();

/** Registers how a layer class is converted. A class of the same name is replaced. */
export function registerLayer(className: string, lower: LowerLayer, options: LayerOptions = {}): void {
  layers.set(className, { lower, ...options });
}

export function layerByClass(className: string): RegisteredLayer | undefined {
  return layers.get(className);
}

/** The classes that can be converted, sorted. */
export function layerClasses(): string[] {
  return [...layers.keys()].sort();
}

export interface LayerRow {
  name: string;
  becomes: string;
  limits: string;
}

/** Every class, what it becomes and what its limits are, for the documentation. */
export function layerTable(): LayerRow[] {
  return layerClasses().map((name) => {
    const { becomes = "", limits = "" } = layers.get(name)!;
    return { name, becomes, limits };
  });
}
