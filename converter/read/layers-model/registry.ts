import type { ShowtellError } from "../../../errors/index.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import type { Tensor } from "../../graph/types.js";
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
  /**
   * A weight by the name that the layer gives it, such as `kernel`.
   * @param rank number of axes that it must have
   * @throws ShowtellError CONVERT_INVALID_MODEL where the file has none, or it is another
   */
  weight(name: string, rank?: number): Tensor;
  /** The same as a constant of the graph. */
  constant(name: string, rank?: number): Value;
  /** Applies the activation that the configuration names under `key`. */
  activate(x: Value, key?: string): Value;
  /** Lowers a layer that this one wraps. */
  inner(wrapped: WrappedLayer): Value[];
  /** What the lowering of a wrapped layer would work with. */
  innerContext(wrapped: WrappedLayer): LayerContext;
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
}

/** Writes one call of a layer as ONNX nodes and returns its outputs. */
export type LowerLayer = (layer: LayerContext) => Value | Value[];

/**
 * What the layer does with a mask (from Masking, or Embedding with maskZero): hands it on without looking at it, reads
 * it, makes one, or drops it.
 */
export type Masking = "passes" | "reads" | "makes" | "drops";

const layers = new Map<string, { lower: LowerLayer; masking: Masking }>();

/** Registers how a layer class is converted. A class of the same name is replaced. */
export function registerLayer(className: string, lower: LowerLayer, options: { masking?: Masking } = {}): void {
  layers.set(className, { lower, masking: options.masking ?? "drops" });
}

export function layerByClass(className: string): { lower: LowerLayer; masking: Masking } | undefined {
  return layers.get(className);
}

/** The classes that can be converted, sorted. */
export function layerClasses(): string[] {
  return [...layers.keys()].sort();
}
