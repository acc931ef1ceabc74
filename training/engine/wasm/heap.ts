import type { DataType, TensorInfo } from "@tensorflow/tfjs";

/** The parts of tfjs-backend-wasm's BackendWasm that the kernels here use. */
export interface WasmBackend {
  /** Allocates on the WebAssembly heap; the values are whatever lay there. */
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
  /** The values of a tensor as a view of the heap; it goes stale with the next allocation, which may grow the heap. */
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array;
  incRef(dataId: object): void;
  disposeData(dataId: object): boolean;
  wasm: { HEAPU8: Uint8Array };
}

/** What a kernel here is given. `original` is the kernel of tfjs-backend-wasm that it stands in for, where there is one. */
export interface KernelCall {
  // biome-ignore lint/suspicious/noExplicitAny: attributes differ from kernel to kernel
  attrs: any;
  backend: WasmBackend;
  inputs: Record<string, TensorInfo>;
  original: (inputs?: Record<string, TensorInfo>, attrs?: object) => TensorInfo | TensorInfo[];
}

/** One kernel of the wasm back end, added or replaced. */
export interface WasmKernel {
  name: string;
  compute(call: KernelCall): TensorInfo | TensorInfo[];
}

export function floats(backend: WasmBackend, info: TensorInfo): Float32Array {
  return backend.typedArrayFromHeap(info) as Float32Array;
}

export function ints(backend: WasmBackend, info: TensorInfo): Int32Array {
  return backend.typedArrayFromHeap(info) as Int32Array;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
