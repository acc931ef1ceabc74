import type { GraphBuilder, Value } from "../graph/builder.js";
import { plus } from "../graph/dims.js";
import { full, int64, scalar } from "../graph/tensor.js";
import type { Dim, DType } from "../graph/types.js";
import { cast } from "./cast.js";
import { unsqueeze } from "./shape.js";

type Form =
  /** No element yet, and their shape is not known. */
  | { kind: "empty" }
  /** While a loose one is empty, its extents may be 0 where those of its elements will not be. */
  | { kind: "stack"; tensor: Value; loose: boolean }
  /** Not in the graph before somebody reads it: a loop that only appends needs no list at all. */
  | { kind: "write"; b: GraphBuilder; scope: string; onto: List; index: Value | undefined; item: Value }
  /** What a loop has appended so far, of which its body knows nothing. */
  | { kind: "open"; tensor: Value; read: boolean };

/** A list of tensors of one shape (TensorList, TensorArray); in the graph it is one tensor [length, ...element]. */
export class List implements Value {
  name: string;
  readonly dtype: DType;
  readonly shape: Dim[] = [];
  readonly handle = "a list of tensors";
  #form: Form;

  private constructor(name: string, dtype: DType, form: Form) {
    this.name = name;
    this.dtype = dtype;
    this.#form = form;
  }

  /** @param element shape of the elements; where symbols stand in it, the list is loose */
  static empty(b: GraphBuilder, dtype: DType, element?: Dim[]): List {
    if (!element) return new List("list", dtype, { kind: "empty" });
    const fixed = element.map((dim) => (typeof dim === "number" ? dim : 0));
    const loose = element.some((dim) => typeof dim === "string");
    return List.of(b.constant(full([0, ...fixed], 0, dtype), "empty"), loose);
  }

  static of(tensor: Value, loose = false): List {
    return new List(tensor.name, tensor.dtype, { kind: "stack", tensor, loose });
  }

  static open(dtype: DType, element: Dim[]): List {
    const tensor = { name: "open", dtype, shape: ["open", ...element] };
    return new List("list", dtype, { kind: "open", tensor, read: false });
  }

  /** The list with an element written at an index, or behind its last; the list itself stays as it is. */
  write(b: GraphBuilder, scope: string, item: Value, index?: Value): List {
    return new List("list", this.dtype, { kind: "write", b, scope, onto: this, index, item });
  }

  /** Where the list is `onto` with one element written, and is not in the graph: what was written. */
  writtenOnto(onto: List): { item: Value; index: Value | undefined } | undefined {
    return this.#form.kind === "write" && this.#form.onto === onto ? this.#form : undefined;
  }

  /** Whether an open list was read, which nobody can. */
  get wasRead(): boolean {
    return this.#form.kind === "open" && this.#form.read;
  }

  get isLoose(): boolean {
    return this.#form.kind === "stack" && this.#form.loose;
  }

  /** Shape of the elements, where it is known. */
  get element(): Dim[] | undefined {
    const form = this.#form;
    if (form.kind === "empty") return undefined;
    return form.kind === "write" ? form.item.shape : form.tensor.shape.slice(1);
  }

  /** Number of elements, where it is known. */
  get size(): Dim | undefined {
    const form = this.#form;
    if (form.kind === "empty") return 0;
    if (form.kind !== "write") return form.tensor.shape[0]!;
    const before = form.onto.size;
    if (before === undefined) return undefined;
    if (!form.index) return plus(before, 1);
    const index = constantIndex(form.index);
    return index !== undefined && typeof before === "number" ? Math.max(before, index + 1) : undefined;
  }

  /** The elements as one tensor; only where their shape is known. */
  stack(): Value {
    const form = this.#form;
    if (form.kind === "empty") throw new Error("the elements of an empty list have no shape");
    if (form.kind === "open") form.read = true;
    if (form.kind !== "write") return form.tensor;
    const tensor = form.b.within(form.scope, () => form.onto.#written(form.b, form.item, form.index));
    this.#form = { kind: "stack", tensor, loose: false };
    return tensor;
  }

  #written(b: GraphBuilder, item: Value, index: Value | undefined): Value {
    const row = unsqueeze(b, item, [0]);
    const size = this.size === 0 ? 0 : this.stack().shape[0];
    const at = index ? constantIndex(index) : size;
    if (size === 0 && at === 0) return row;
    const shape = b.add("Shape", [item]);
    const base = size === 0 ? [] : [this.fitting(b, shape)];
    const put = (...parts: Value[]) => {
      const tensor = b.add("Concat", parts, { axis: 0 });
      if (typeof size !== "number" && index) tensor.shape = [b.symbol("length"), ...tensor.shape.slice(1)];
      return tensor;
    };
    if (!index || (at !== undefined && at === size)) return put(...base, row);
    if (typeof size === "number" && typeof at === "number" && at > size) {
      return put(...base, gap(b, b.constant(int64([at - size]), "missing"), shape, item.dtype), row);
    }
    const place = unsqueeze(b, cast(b, index, "int64"), [0]);
    if (base.length === 0) return put(gap(b, place, shape, item.dtype), row);
    const [rows] = base as [Value];
    const next = b.add("Add", [place, b.constant(int64([1]), "one")]);
    const end = b.constant(int64([2 ** 31 - 1]), "end");
    const start = b.constant(int64([0]), "start");
    const [before, after] = [b.add("Slice", [rows, start, place, start]), b.add("Slice", [rows, next, end, start])];
    if (typeof size === "number" && typeof at === "number") return put(before, row, after);
    const missing = atLeastNone(b, b.add("Sub", [place, b.add("Shape", [rows], { start: 0, end: 1 })]));
    return put(before, gap(b, missing, shape, item.dtype), row, after);
  }

  /** The stack, with the extents of elements of the given shape even where it is empty. */
  fitting(b: GraphBuilder, element: Value): Value {
    const rows = this.stack();
    if (!this.isLoose) return rows;
    const shape = b.add("Concat", [b.add("Shape", [rows], { start: 0, end: 1 }), element], { axis: 0 });
    return b.add("Reshape", [rows, shape], { allowzero: 1 });
  }
}

function constantIndex(index: Value): number | undefined {
  return index.constant ? Number(index.constant.data[0]) : undefined;
}

/** So many elements that nobody has written and nobody may read. */
export function gap(b: GraphBuilder, count: Value, element: Value, dtype: DType): Value {
  const shape = b.add("Concat", [count, element], { axis: 0 });
  return b.add("Expand", [b.constant(scalar(0, dtype), "nothing"), shape]);
}

/** A count, or 0 where it is negative. */
export function atLeastNone(b: GraphBuilder, count: Value): Value {
  return b.add("Max", [count, b.constant(int64([0]), "none")]);
}
