import type * as TF from "@tensorflow/tfjs";

export const ENGINE_NAMES = ["cuda", "node", "wasm", "cpu"] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** A running tfjs engine. */
export interface Engine {
  name: EngineName;
  /** For people: what computes here. */
  description: string;
  /** Threads that its kernels may use. */
  threads: number;
  tf: typeof TF;
}

/** One entry of the registry: how an engine is looked for and started. */
export interface EngineEntry {
  name: EngineName;
  title: string;
  /** Cheap look, nothing loaded: undefined when the engine may work, else the reason why it cannot. */
  missing(): Promise<string | undefined>;
  /**
   * Loads the engine and makes it tfjs's back end.
   * @throws Error with the reason when it does not work here
   */
  start(): Promise<Engine>;
}
