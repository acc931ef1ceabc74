import { List } from "../../emit/list.js";
import type { Body, GraphBuilder, Value } from "../../graph/builder.js";
import type { TensorType } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { predicate } from "./predicate.js";

/** What an output of both branches becomes. */
interface Joined extends TensorType {
  /** Which output of the branches it is. */
  at: number;
  isList: boolean;
  isLoose: boolean;
}

registerOperator(
  ["If", "StatelessIf"],
  (node) => {
    const { b, attributes } = node;
    const condition = predicate(node, b, node.input(0));
    const args = node.inputs.slice(1);
    const names = [attributes.func("then_branch"), attributes.func("else_branch")] as const;
    if (condition.constant) return node.call(names[condition.constant.data[0] ? 0 : 1], args, b);
    const results: Value[][] = [];
    const branches = ["then_branch", "else_branch"].map((branch, i) =>
      b.body(branch, (inner) => {
        results.push(node.call(names[i]!, args, inner));
        return [];
      }),
    ) as [Body, Body];
    const [then, otherwise] = results as [Value[], Value[]];
    if (then.length !== otherwise.length) throw node.invalid("its branches differ in the number of their outputs");
    const joined = then.flatMap((value, at) =>
      value === otherwise[at] ? [] : [join(node, value, otherwise[at]!, at)],
    );
    const finished = branches.map((branch, i) => ({
      builder: branch.builder,
      name: branch.name,
      outputs: joined.map((output) => tensorOf(branch.builder, results[i]![output.at]!, output)),
    })) as [Body, Body];
    const outputs =
      joined.length > 0
        ? b.addWithBodies("If", [condition], { then_branch: finished[0], else_branch: finished[1] }, joined)
        : [];
    return then.map((value, at) => {
      const i = joined.findIndex((output) => output.at === at);
      // Both branches hand on the same tensor from outside.
      if (i < 0) return value;
      return joined[i]!.isList ? List.of(outputs[i]!, joined[i]!.isLoose) : outputs[i]!;
    });
  },
  { becomes: "If", limits: "each output has one type and rank in both branches" },
);

function join(node: OperatorContext, left: Value, right: Value, at: number): Joined {
  const kinds = [left, right].map((value) => (value instanceof List ? "list" : value.handle));
  if (kinds[0] !== kinds[1] || (kinds[0] !== "list" && kinds[0] !== undefined)) {
    throw node.unsupported(`its output ${at} is no tensor`);
  }
  const shapes = [left, right].map((value) => (value instanceof List ? value.element : value.shape));
  const [first = shapes[1], second = shapes[0]] = shapes;
  if (!first || !second) throw node.unsupported(`its output ${at} is a list whose elements have no shape yet`);
  if (left.dtype !== right.dtype) {
    throw node.unsupported(`its output ${at} is ${left.dtype} in one branch and ${right.dtype} in the other`);
  }
  if (first.length !== second.length)
    throw node.unsupported(`the rank of its output ${at} differs between the branches`);
  const open = (i: number) => node.b.symbol(`output_${at}_${i}`);
  if (!(left instanceof List) || !(right instanceof List)) {
    const shape = first.map((dim, i) => (dim === second[i] ? dim : open(i)));
    return { at, dtype: left.dtype, shape, isList: false, isLoose: false };
  }
  const hasSymbols = first.some((dim) => typeof dim === "string");
  const isLoose = left.isLoose || right.isLoose || ((!left.element || !right.element) && hasSymbols);
  const element = first.map((dim, i) =>
    dim === second[i] && !(isLoose && typeof dim === "string") ? dim : open(i + 1),
  );
  const size = left.size !== undefined && left.size === right.size ? left.size : open(0);
  return { at, dtype: left.dtype, shape: [size, ...element], isList: true, isLoose };
}

function tensorOf(b: GraphBuilder, value: Value, { shape }: Joined): Value {
  if (!(value instanceof List)) return value;
  return (value.element ? value : List.empty(b, value.dtype, shape.slice(1))).stack();
}
