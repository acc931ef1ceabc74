import type { Dim } from "./types.js";

/** Arithmetic of extents: numbers are computed, symbols are written out as expressions such as `ceil(H / 2)`. */

/** A longer expression tells a reader nothing, and expressions of expressions would grow without bound. */
export const LONGEST_EXPRESSION = 500;

/** Whether the text needs no brackets inside a larger expression: a name, or one call. */
function isAtom(text: string): boolean {
  const call = /^(?:ceil|floor)\((.*)\)$/.exec(text);
  return call ? balanced(call[1]!) : /^[\w.]+$/.test(text);
}

/** Whether every bracket in the text is closed in it. */
function balanced(text: string): boolean {
  let depth = 0;
  for (const letter of text) {
    if (letter === "(") depth += 1;
    if (letter === ")") depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}

const atom = (dim: Dim) => (typeof dim === "number" || isAtom(dim) ? String(dim) : `(${dim})`);

/** An extent as a text and the number that is added to it. */
function parted(dim: Dim): { text: string; added: number } {
  if (typeof dim === "number") return { text: "", added: dim };
  const written = /^(.*) ([+-]) (\d+)$/.exec(dim);
  if (!written || !balanced(written[1]!)) return { text: dim, added: 0 };
  const inner = parted(written[1]!);
  return { text: inner.text, added: inner.added + Number(`${written[2]}${written[3]}`) };
}

export function plus(a: Dim, b: number): Dim {
  if (b === 0) return a;
  const { text, added } = parted(a);
  const sum = added + b;
  if (text === "") return sum;
  return sum === 0 ? text : `${text} ${sum < 0 ? "-" : "+"} ${Math.abs(sum)}`;
}

/** a - b, where that is a number. */
export function difference(a: Dim, b: Dim): number | undefined {
  const [left, right] = [parted(a), parted(b)];
  return left.text === right.text ? left.added - right.added : undefined;
}

export function sum(dims: readonly Dim[]): Dim {
  const constant = dims.reduce<number>((total, dim) => (typeof dim === "number" ? total + dim : total), 0);
  const symbols = dims.filter((dim) => typeof dim === "string");
  if (symbols.length === 0) return constant;
  return symbols.length === 1 ? plus(symbols[0]!, constant) : plus(symbols.map(atom).join(" + "), constant);
}

export function times(a: Dim, factor: number): Dim {
  if (typeof a === "number") return a * factor;
  return factor === 1 ? a : `${factor} * ${atom(a)}`;
}

export function ceilDivide(a: Dim, divisor: number): Dim {
  if (typeof a === "number") return Math.ceil(a / divisor);
  return divisor === 1 ? a : `ceil(${atom(a)} / ${divisor})`;
}

export function floorDivide(a: Dim, divisor: number): Dim {
  if (typeof a === "number") return Math.floor(a / divisor);
  return divisor === 1 ? a : `floor(${atom(a)} / ${divisor})`;
}

/** Product of extents as a number and the symbols that remain, sorted. */
export function factors(dims: readonly Dim[]): { constant: number; symbols: string[] } {
  const constant = dims.reduce<number>((total, dim) => (typeof dim === "number" ? total * dim : total), 1);
  return { constant, symbols: dims.filter((dim) => typeof dim === "string").sort() };
}

export function product(dims: readonly Dim[]): Dim {
  const { constant, symbols } = factors(dims);
  if (symbols.length === 0 || constant === 0) return constant;
  const text = symbols.length === 1 ? symbols[0]! : symbols.map(atom).join(" * ");
  return times(text, constant);
}

/** whole / part, where all symbols of `part` cancel and the rest divides; undefined where it does not. */
export function quotient(whole: readonly Dim[], part: readonly Dim[]): Dim | undefined {
  const over = factors(whole);
  const under = factors(part);
  const left = [...over.symbols];
  for (const symbol of under.symbols) {
    const at = left.indexOf(symbol);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  if (under.constant === 0) return undefined;
  const constant = over.constant / under.constant;
  return Number.isInteger(constant) ? product([constant, ...left]) : undefined;
}

/** The extent that results when tensors of these extents meet element by element; undefined where they cannot. */
export function broadcastDim(a: Dim, b: Dim): Dim | undefined {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (typeof a === "number" && typeof b === "number") return undefined;
  return typeof a === "number" ? a : typeof b === "number" ? b : a;
}

/** Shape of an elementwise result (numpy's rule); undefined where the shapes do not fit. */
export function broadcast(shapes: readonly (readonly Dim[])[]): Dim[] | undefined {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const result: Dim[] = new Array<Dim>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      const dim = broadcastDim(result[at]!, shape[i]!);
      if (dim === undefined) return undefined;
      result[at] = dim;
    }
  }
  return result;
}
