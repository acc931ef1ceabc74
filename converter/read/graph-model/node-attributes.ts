import type { ShowtellError } from "../../../errors/index.js";
import type { DType } from "../../graph/types.js";

type Json = Record<string, unknown>;

/** TensorFlow's element types by number, with the type as which TensorFlow.js holds each. */
const DTYPES: Record<string, { number: number; dtype: DType }> = {
  DT_FLOAT: { number: 1, dtype: "float32" },
  DT_DOUBLE: { number: 2, dtype: "float32" },
  DT_INT32: { number: 3, dtype: "int32" },
  DT_UINT8: { number: 4, dtype: "int32" },
  DT_INT16: { number: 5, dtype: "int32" },
  DT_INT8: { number: 6, dtype: "int32" },
  DT_STRING: { number: 7, dtype: "string" },
  DT_INT64: { number: 9, dtype: "int32" },
  DT_BOOL: { number: 10, dtype: "bool" },
  DT_UINT16: { number: 17, dtype: "int32" },
  DT_HALF: { number: 19, dtype: "float32" },
};

/** Types of values that are no plain tensors: what they are is known by the node that made them. */
const HANDLES: Record<string, number> = { DT_RESOURCE: 20, DT_VARIANT: 21 };

/** The attributes of a GraphDef's node, decoded from the JSON form of protobuf, with the operator's defaults. */
export class NodeAttributes {
  constructor(
    private readonly values: Record<string, unknown>,
    private readonly invalid: (reason: string) => ShowtellError,
  ) {}

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  int(name: string, otherwise: number): number {
    const value = this.#value(name);
    if (value === undefined || (value.i === undefined && value.f === undefined)) return otherwise;
    return this.#number(name, value.i ?? value.f);
  }

  float(name: string, otherwise: number): number {
    const value = this.#value(name);
    if (value === undefined || (value.f === undefined && value.i === undefined)) return otherwise;
    return this.#real(name, value.f ?? value.i);
  }

  bool(name: string, otherwise: boolean): boolean {
    const value = this.#value(name);
    return value === undefined || typeof value.b !== "boolean" ? otherwise : value.b;
  }

  string(name: string, otherwise: string): string {
    const value = this.#value(name);
    return value === undefined || value.s === undefined ? otherwise : this.#text(name, value.s);
  }

  ints(name: string, otherwise: number[]): number[] {
    const list = this.#list(name, "i") ?? this.#list(name, "f");
    return list ? list.map((entry) => this.#number(name, entry)) : otherwise;
  }

  floats(name: string, otherwise: number[]): number[] {
    const list = this.#list(name, "f") ?? this.#list(name, "i");
    return list ? list.map((entry) => this.#real(name, entry)) : otherwise;
  }

  strings(name: string, otherwise: string[]): string[] {
    return this.#list(name, "s")?.map((entry) => this.#text(name, entry)) ?? otherwise;
  }

  /** The type as which TensorFlow.js holds the tensor: int64 is int32 there, float64 float32. */
  dtype(name: string, otherwise: DType): DType {
    const value = this.#value(name);
    return value?.type === undefined ? otherwise : this.asDtype(value.type, name);
  }

  dtypes(name: string): DType[] {
    return (this.#list(name, "type") ?? []).map((entry) => this.asDtype(entry, name));
  }

  /** Whether the type is a handle (resource or variant), which stands for no plain tensor. */
  isHandle(type: unknown): boolean {
    return (typeof type === "string" && Object.hasOwn(HANDLES, type)) || Object.values(HANDLES).includes(Number(type));
  }

  asDtype(type: unknown, name: string): DType {
    const found =
      typeof type === "string" && Object.hasOwn(DTYPES, type)
        ? DTYPES[type]
        : Object.values(DTYPES).find(({ number }) => number === Number(type));
    if (!found) throw this.invalid(`its "${name}" is ${String(type)}, which is no type of a tensor in TensorFlow.js`);
    return found.dtype;
  }

  /** Extents, -1 for free ones; undefined where the attribute is missing or the rank is not known. */
  shape(name: string): number[] | undefined {
    const value = this.#value(name);
    return value?.shape === undefined ? undefined : this.asShape(value.shape, name);
  }

  shapes(name: string): (number[] | undefined)[] {
    return (this.#list(name, "shape") ?? []).map((entry) => this.asShape(entry, name));
  }

  /** A TensorShapeProto as extents. */
  asShape(shape: unknown, name: string): number[] | undefined {
    if (typeof shape !== "object" || shape === null) throw this.invalid(`its "${name}" is no shape`);
    const { dim = [], unknownRank } = shape as { dim?: unknown; unknownRank?: unknown };
    if (unknownRank === true) return undefined;
    if (!Array.isArray(dim)) throw this.invalid(`its "${name}" is no shape`);
    return dim.map((entry: { size?: unknown } | null) => {
      const extent = this.#number(name, entry?.size ?? 0);
      if (extent < -1) throw this.invalid(`its "${name}" has the extent ${extent}`);
      return extent;
    });
  }

  /** Name of a function in the library. */
  func(name: string): string {
    const found = this.#value(name)?.func as Json | undefined;
    if (typeof found?.name !== "string") throw this.invalid(`its "${name}" names no function`);
    return found.name;
  }

  #value(name: string): Json | undefined {
    const value = Object.hasOwn(this.values, name) ? this.values[name] : undefined;
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "object") throw this.invalid(`its "${name}" is malformed`);
    return value as Json;
  }

  #list(name: string, key: string): unknown[] | undefined {
    const list = this.#value(name)?.list as Json | undefined;
    const entries = list?.[key];
    if (entries === undefined || entries === null) return undefined;
    if (!Array.isArray(entries)) throw this.invalid(`its "${name}" is no list`);
    return entries;
  }

  /** 64-bit integers are written as text. */
  #number(name: string, value: unknown): number {
    const number = typeof value === "string" || typeof value === "number" ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(Math.trunc(number))) throw this.invalid(`its "${name}" is ${String(value)}, no number`);
    return number;
  }

  /** Also "NaN", "Infinity" and "-Infinity", as JSON writes them. */
  #real(name: string, value: unknown): number {
    const known =
      typeof value === "number" || (typeof value === "string" && (value === "NaN" || !Number.isNaN(+value)));
    if (!known) throw this.invalid(`its "${name}" is ${String(value)}, no number`);
    return Number(value);
  }

  /** Bytes are written in base64. */
  #text(name: string, value: unknown): string {
    if (Array.isArray(value)) return String.fromCharCode(...(value as number[]));
    if (typeof value !== "string") throw this.invalid(`its "${name}" is no text`);
    try {
      return atob(value);
    } catch {
      throw this.invalid(`its "${name}" is no text in base64`);
    }
  }
}
