import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import type { Node } from "../converter/graph/types.js";
import { attr, optimized, type TestGraph, type TestNode } from "./graph-model.js";

/** A function of a GraphDef's library, as TensorFlow writes it: results are named tensors of its nodes. */
export function libraryFunction(
  name: string,
  args: Record<string, tf.DataType | "list">,
  nodes: TestNode[],
  results: string[],
): unknown {
  const inputArg = Object.entries(args).map(([arg, dtype]) => ({
    name: arg,
    type: dtype === "list" ? "DT_VARIANT" : attr.dtype(dtype).type,
  }));
  return {
    signature: { name, inputArg, outputArg: results.map((_, i) => ({ name: `result_${i}` })) },
    nodeDef: nodes,
    ret: Object.fromEntries(results.map((result, i) => [`result_${i}`, result])),
  };
}

/** A node that reads a constant of the model, which functions do by its name. */
export const constant = (name: string, dtype: tf.DataType = "int32"): TestNode => ({
  name,
  op: "Const",
  attr: { dtype: attr.dtype(dtype) },
});

/** A while of the functions `NAME_cond` and `NAME_body`. */
export const whileNode = (name: string, input: string[], op = "StatelessWhile"): TestNode => ({
  name,
  op,
  input,
  attr: { cond: attr.func(`${name}_cond`), body: attr.func(`${name}_body`) },
});

/** The condition of a loop that counts `i` up to `n`, and the step, which reads a constant `one`. */
export const counting = {
  less: { name: "less", op: "Less", input: ["i", "n"] },
  next: { name: "next", op: "AddV2", input: ["i", "one:output:0"] },
};

/** The Loop that a graph-model becomes. */
export function loopOf(graph: TestGraph): Node {
  const loop = optimized(graph).nodes.find((node) => node.op === "Loop");
  assert.ok(loop, "a Loop");
  return loop;
}

export const int = (value: number) => tf.scalar(value, "int32");
export const ints = (values: number[]) => tf.tensor1d(values, "int32");

/** A tensor of small numbers of both signs. */
export function filled(shape: number[], dtype: tf.DataType): tf.Tensor {
  const numbers = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) =>
    dtype === "bool" ? ((i * 5) % 3) % 2 : ((i * 7) % 11) - 4,
  );
  return tf.tensor(numbers, shape, dtype);
}

/** A variable of a loop of TensorFlow 1: the tensor it begins with, and the one that an iteration makes of it. */
export interface FrameVariable {
  name: string;
  start: string;
  next: string;
}

/**
 * The nodes by which TensorFlow 1 writes a while loop. The condition reads `VARIABLE/merge`, the body `VARIABLE/body`,
 * both `INVARIANT/enter`; what follows the loop reads `VARIABLE/exit`.
 */
export function frame(
  name: string,
  variables: FrameVariable[],
  invariants: Record<string, string>,
  condition: string,
): TestNode[] {
  const enter = (node: string, input: string, isConstant: boolean) => ({
    name: node,
    op: "Enter",
    input: [input],
    attr: { frame_name: attr.string(name), is_constant: attr.bool(isConstant), parallel_iterations: attr.int(10) },
  });
  return [
    { name: `${name}/condition`, op: "LoopCond", input: [condition] },
    ...Object.entries(invariants).map(([invariant, source]) => enter(`${invariant}/enter`, source, true)),
    ...variables.flatMap(({ name: variable, start, next }) => [
      enter(`${variable}/enter`, start, false),
      { name: `${variable}/merge`, op: "Merge", input: [`${variable}/enter`, `${variable}/next`] },
      { name: `${variable}/switch`, op: "Switch", input: [`${variable}/merge`, `${name}/condition`] },
      { name: `${variable}/body`, op: "Identity", input: [`${variable}/switch:1`] },
      { name: `${variable}/next`, op: "NextIteration", input: [next] },
      { name: `${variable}/exit`, op: "Exit", input: [`${variable}/switch`] },
    ]),
  ];
}
