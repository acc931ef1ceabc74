import type { ShowtellError } from "../../../errors/index.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import type { Dim } from "../../graph/types.js";
import type { NodeAttributes } from "./node-attributes.js";

/**
 * What an operator's lowering works with. Tensors have the types that TensorFlow.js gives them: float32, int32, bool or
 * string, never int64.
 */
export interface OperatorContext {
  name: string;
  op: string;
  b: GraphBuilder;
  attributes: NodeAttributes;
  /** Data inputs, in order. */
  inputs: Value[];
  /** The first input. */
  x: Value;
  /** An input; an error where the node has fewer. */
  input(index: number): Value;
  /**
   * The whole numbers of an input that must be known when the model is converted, such as axes.
   * @throws ShowtellError CONVERT_UNSUPPORTED where they are computed at run time
   */
  numbers(index: number, what: string): number[];
  /**
   * How many there are of something that the graph writes out one by one, such as outputs: no file may ask for more than
   * there can be.
   * @throws ShowtellError CONVERT_INVALID_MODEL
   */
  count(number: number, what: string): number;
  /**
   * How many numbers a vector has, such as a shape that stands for as many axes.
   * @throws ShowtellError CONVERT_UNSUPPORTED where that is known at run time alone
   */
  entries(vector: Value, what: string): number;
  /** What is known of the numbers of an input that is a shape: extents, of which some may be symbols. */
  contents(index: number): Dim[] | undefined;
  /** Lowers a function of the model's library into `b`, which may be the builder of a body. */
  call(name: string, inputs: Value[], b: GraphBuilder): Value[];
  unsupported(reason: string): ShowtellError;
  invalid(reason: string): ShowtellError;
  /** Notes for the report. */
  warn(message: string): void;
}

/** Writes a node as ONNX nodes and returns its outputs. */
export type LowerOperator = (node: OperatorContext) => Value | Value[];

export interface OperatorOptions {
  /** What it becomes, for the table of operators: `Conv`, `Gather on int64 indices`. */
  becomes?: string;
  /** What of it is not converted, for the same table. */
  limits?: string;
  /** Names of the outputs, where functions read them by name. */
  outputs?: string[];
  /** Whether its inputs may be complex: stand-ins that `isComplex` tells from other values. */
  complex?: boolean;
}

export interface RegisteredOperator extends OperatorOptions {
  lower: LowerOperator;
}

const operators = new Map<string, RegisteredOperator>();

/** Registers how a TensorFlow operator is converted. One of the same name is replaced. */
export function registerOperator(
  names: string | readonly string[],
  lower: LowerOperator,
  options: OperatorOptions = {},
): void {
  for (const name of typeof names === "string" ? [names] : names) operators.set(name, { ...options, lower });
}

/** Registers an operator that ONNX cannot express; a node of it is refused with the reason. */
export function refuseOperator(names: string | readonly string[], reason: string): void {
  const refuse: LowerOperator = (node) => {
    throw node.unsupported(reason);
  };
  registerOperator(names, refuse, { limits: reason });
}

export function operatorByName(name: string): RegisteredOperator | undefined {
  return operators.get(name);
}

/** All operators that are registered, by name. */
export function operatorTable(): [name: string, operator: RegisteredOperator][] {
  return [...operators].sort(([a], [b]) => (a < b ? -1 : 1));
}
