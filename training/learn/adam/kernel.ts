import { KERNEL_BASE64 } from "./kernel-bytes.js";

const PAGE = 65536;

/** What kernel.wat exports, and the memory on which it works. */
export interface Kernel {
  buffer: ArrayBuffer;
  /** Of the floats in [at, end). */
  sumOfSquares(at: number, end: number): number;
  step(
    value: number,
    gradient: number,
    mean: number,
    variance: number,
    average: number,
    count: number,
    scale: number,
    rate: number,
    mean1: number,
    mean2: number,
    epsilon: number,
    follow: number,
  ): void;
}

/** The part of WebAssembly's API that is used: Node's types lack it. */
const { Module, Memory, Instance } = (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
interface Api {
  Module: new (bytes: Uint8Array) => object;
  Memory: new (size: { initial: number }) => { buffer: ArrayBuffer };
  Instance: new (module: object, imports: Record<string, Record<string, unknown>>) => { exports: unknown };
}

let compiled: object | undefined;

/** @param bytes of all arrays together, at most 4 GiB */
export function openKernel(bytes: number): Kernel {
  compiled ??= new Module(Buffer.from(KERNEL_BASE64, "base64"));
  const memory = new Memory({ initial: Math.max(1, Math.ceil(bytes / PAGE)) });
  const { exports } = new Instance(compiled, { arrays: { memory } });
  return { ...(exports as Omit<Kernel, "buffer">), buffer: memory.buffer };
}
