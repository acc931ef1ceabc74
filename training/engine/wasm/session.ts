import "../../../runtime/node/telemetry.js";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { TensorInfo } from "@tensorflow/tfjs";
import { floats, type WasmBackend } from "./heap.js";
import { onnxModel, type SmallNode } from "./onnx-bytes.js";

const require = createRequire(import.meta.url);

interface SyncSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: Record<string, unknown>, fetches: Record<string, unknown>, options: object): Record<string, unknown>;
}

interface Onnxruntime {
  Session: new () => SyncSession;
  Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: readonly number[]) => unknown;
}

let onnxruntime: Onnxruntime | undefined;

/**
 * onnxruntime's session without the promise around it: tfjs kernels return at once. The public API is asynchronous, but
 * the binding under it is not (onnxruntime-node, dist/backend.js).
 * @returns whether this machine has it
 */
export function loadOnnxruntime(): boolean {
  if (onnxruntime) return true;
  try {
    const { env, Tensor } = require("onnxruntime-node");
    env.logLevel = "fatal";
    const { binding, initOrt } = require(join(dirname(require.resolve("onnxruntime-node")), "binding.js"));
    initOrt();
    onnxruntime = { Session: binding.InferenceSession, Tensor };
    return true;
  } catch {
    return false;
  }
}

export interface ProgramOptions {
  /** Lets the program use all cores; each such program has threads of its own, so this is for matrix products only. */
  parallel?: boolean;
  int64?: string[];
}

/** A few ONNX operators that read and write tensors on the WebAssembly heap, without a copy. */
export class Program {
  readonly #session: SyncSession;
  readonly #outputs: string[];

  constructor(nodes: SmallNode[], inputs: string[], outputs: string[], options: ProgramOptions = {}) {
    if (!onnxruntime) throw new Error("onnxruntime is not loaded.");
    const bytes = onnxModel(nodes, inputs, outputs, options.int64);
    this.#session = new onnxruntime.Session();
    this.#session.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, {
      ...(options.parallel ? {} : { intraOpNumThreads: 1 }),
      logSeverityLevel: 3,
    });
    this.#outputs = outputs;
  }

  /** Runs on tensors of the heap; the outputs' shapes must be what the operators give. `values` are int64 inputs. */
  run(
    backend: WasmBackend,
    inputs: Record<string, { info: TensorInfo; shape?: readonly number[] }>,
    outputs: { shape: readonly number[]; info: TensorInfo }[],
    values: Record<string, BigInt64Array> = {},
  ): void {
    const { Tensor } = onnxruntime as Onnxruntime;
    const feeds: Record<string, unknown> = {};
    const fetches: Record<string, unknown> = {};
    // The views are made after all allocation: the heap may have grown and moved.
    for (const [name, { info, shape }] of Object.entries(inputs)) {
      feeds[name] = new Tensor("float32", floats(backend, info), shape ?? info.shape);
    }
    for (const [name, data] of Object.entries(values)) feeds[name] = new Tensor("int64", data, [data.length]);
    outputs.forEach(({ info, shape }, i) => {
      fetches[this.#outputs[i]] = new Tensor("float32", floats(backend, info), shape);
    });
    this.#session.run(feeds, fetches, {});
  }
}
