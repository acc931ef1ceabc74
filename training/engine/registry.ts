import type { EngineEntry } from "./engine.js";
import { cpu } from "./engines/cpu.js";
import { cuda } from "./engines/cuda.js";
import { node } from "./engines/node.js";
import { wasm } from "./engines/wasm.js";

/** All engines, best first. */
export const ENGINES: readonly EngineEntry[] = [cuda, node, wasm, cpu];
