import { List } from "../../emit/list.js";
import type { Body, GraphBuilder, Value } from "../../graph/builder.js";
import { toNumbers } from "../../graph/tensor.js";
import type { Dim, TensorType } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { predicate } from "./predicate.js";

/** What becomes of one of a loop's variables. */
type Variable =
  /** Every iteration hands it on as it is: the body reads it from outside. */
  | { kind: "fixed" }
  /** A list to which each iteration appends one element: a scan output. */
  | { kind: "collected"; element: Dim[] }
  /** A tensor, or a list's tensor, that each iteration makes anew. */
  | { kind: "carried"; type: TensorType; isList: boolean; isLoose: boolean };

registerOperator(["While", "StatelessWhile"], (node) => new Loop(node).lower(), {
  becomes: "Loop",
  limits: "a variable keeps its type and rank",
});

/**
 * A while as an ONNX Loop. Its body is built again and again: first as if no variable ever changed, which shows those
 * that do and their shapes after one iteration, then with what was found, until nothing new is found.
 */
class Loop {
  readonly #initial: Value[];
  readonly #functions: { condition: string; body: string };
  #variables: Variable[];
  /** Symbols of extents that differ from one iteration to the next. */
  readonly #changing = new Set<Dim>();

  constructor(private readonly node: OperatorContext) {
    this.#initial = node.inputs;
    this.#functions = { condition: node.attributes.func("cond"), body: node.attributes.func("body") };
    this.#variables = node.inputs.map(() => ({ kind: "fixed" }));
  }

  lower(): Value[] {
    const { node } = this;
    const body = this.#settle();
    const [going] = node.call(this.#functions.condition, this.#initial, node.b);
    if (!going) throw node.invalid("its condition has no output");
    const carried = this.#places("carried");
    const collected = this.#places("collected");
    if (carried.length + collected.length === 0) return this.#initial;
    const inputs = [undefined, predicate(node, node.b, going), ...carried.map((i) => this.#start(i))];
    const types = [...carried, ...collected].map((i) => this.#resultType(i, body));
    const outputs = node.b.addWithBodies("Loop", inputs, { body }, types);
    return this.#variables.map((variable, i) => {
      const output = outputs[[...carried, ...collected].indexOf(i)]!;
      if (variable.kind === "fixed") return this.#initial[i]!;
      if (variable.kind === "carried") return variable.isList ? List.of(output, variable.isLoose) : output;
      const list = this.#initial[i] as List;
      if (list.size === 0) return List.of(output);
      const before = list.fitting(node.b, node.b.add("Shape", [output], { start: 1 }));
      return List.of(node.b.add("Concat", [before, output], { axis: 0 }));
    });
  }

  #places(kind: Variable["kind"]): number[] {
    return this.#variables.flatMap((variable, i) => (variable.kind === kind ? [i] : []));
  }

  /** Builds the body until what it assumes of the variables holds. */
  #settle(): Body {
    for (;;) {
      let settled = false;
      const body = this.node.b.body("body", (inner) => {
        const outputs = this.#build(inner);
        settled = outputs !== undefined;
        return outputs ?? [];
      });
      if (settled) return body;
    }
  }

  /** The body's outputs; undefined where it shows that variables are other than assumed, which are then corrected. */
  #build(inner: GraphBuilder): Value[] | undefined {
    const { node } = this;
    inner.input(`${node.name}/iteration`, "int64", []);
    inner.input(`${node.name}/going`, "bool", []);
    const args = this.#variables.map((variable, i) => this.#argument(inner, variable, i));
    const results = node.call(this.#functions.body, args, inner);
    if (results.length !== args.length) {
      throw node.invalid(`its body makes ${results.length} values of ${args.length} variables`);
    }
    const revised = this.#variables.map((variable, i) => this.#revise(inner, variable, i, args, results));
    const before = this.#variables;
    this.#variables = revised;
    if (revised.some((variable, i) => variable !== before[i])) return undefined;
    const carried = this.#places("carried").map((i) => this.#tensor(results[i]!));
    const [going] = node.call(this.#functions.condition, results, inner);
    const items = this.#places("collected").map((i) => (results[i] as List).writtenOnto(args[i] as List)!.item);
    const outputs = [predicate(node, inner, going!), ...carried, ...items];
    this.#variables = revised.map((variable, i) => {
      const arg = args[i];
      return arg instanceof List && arg.wasRead ? this.#carriedList(i, results[i]!) : variable;
    });
    return this.#variables.some((variable, i) => variable !== revised[i]) ? undefined : outputs;
  }

  #argument(inner: GraphBuilder, variable: Variable, i: number): Value {
    if (variable.kind === "fixed") return this.#initial[i]!;
    if (variable.kind === "collected") return List.open(this.#initial[i]!.dtype, variable.element);
    const input = inner.input(`${this.node.name}/variable_${i}`, variable.type.dtype, variable.type.shape);
    return variable.isList ? List.of(input, variable.isLoose) : input;
  }

  /** What a variable is after one iteration has been seen: the same object where it is as assumed. */
  #revise(inner: GraphBuilder, variable: Variable, i: number, args: Value[], results: Value[]): Variable {
    const [arg, result] = [args[i]!, results[i]!];
    if (variable.kind === "fixed" && arg === result) return variable;
    if (arg instanceof List) {
      const written = result instanceof List ? result.writtenOnto(arg) : undefined;
      if (variable.kind === "fixed" && written) return { kind: "collected", element: written.item.shape };
      const appended = written && (!written.index || this.#isCounter(inner, i, written.index, args, results));
      if (variable.kind === "collected" && appended && !arg.wasRead) return variable;
      return this.#carriedList(i, result);
    }
    if (arg.handle !== undefined) throw this.node.unsupported(`its variable ${i} is ${arg.handle} that changes`);
    const type = variable.kind === "carried" ? variable.type : { dtype: arg.dtype, shape: arg.shape };
    const widened = this.#widened(type, result, i);
    if (variable.kind === "carried" && widened === type) return variable;
    return { kind: "carried", type: widened, isList: false, isLoose: false };
  }

  /** Whether an index counts the iterations on from the length of list i. */
  #isCounter(inner: GraphBuilder, i: number, index: Value, args: Value[], results: Value[]): boolean {
    const at = args.indexOf(index);
    const start = this.#initial[at]?.constant;
    if (this.#variables[at]?.kind !== "carried" || !start) return false;
    if (toNumbers(start)[0] !== (this.#initial[i] as List).size) return false;
    const maker = inner.maker(results[at]!);
    if (maker?.op !== "Add" || !maker.inputs.includes(index)) return false;
    const step = maker.inputs.find((input) => input !== index)?.constant;
    return step !== undefined && toNumbers(step)[0] === 1;
  }

  #carriedList(i: number, result: Value): Variable {
    const { node } = this;
    const list = this.#initial[i] as List;
    const variable = this.#variables[i]!;
    const element = result instanceof List ? result.element : undefined;
    if (!(result instanceof List) || !element) {
      throw node.unsupported(`the shape of the elements of its variable ${i}, a list, is not known`);
    }
    const known = variable.kind === "carried" ? variable.type.shape : [list.size, ...(list.element ?? element)];
    const wasLoose = variable.kind === "carried" && variable.isLoose;
    const isLoose =
      wasLoose || list.isLoose || result.isLoose || (!list.element && element.some((dim) => typeof dim === "string"));
    const shape = [known[0] ?? this.#open(i, 0), ...known.slice(1)].map((dim, axis) =>
      axis > 0 && isLoose && typeof dim === "string" && !this.#changing.has(dim) ? this.#open(i, axis) : dim!,
    );
    const type = { dtype: list.dtype, shape };
    const size = result.size ?? this.node.b.symbol("size");
    const widened = this.#widened(type, { dtype: result.dtype, shape: [size, ...element] }, i);
    const same = variable.kind === "carried" && String(widened.shape) === String(variable.type.shape);
    return same && isLoose === wasLoose ? variable : { kind: "carried", type: widened, isList: true, isLoose };
  }

  /** A type that holds before and after an iteration; the same object where the old one does. */
  #widened(type: TensorType, after: TensorType, i: number): TensorType {
    if (after.dtype !== type.dtype) {
      throw this.node.unsupported(`its variable ${i} begins as ${type.dtype} and becomes ${after.dtype}`);
    }
    if (after.shape.length !== type.shape.length) {
      throw this.node.unsupported(`the rank of its variable ${i} changes from one iteration to the next`);
    }
    const holds = (dim: Dim, axis: number) => this.#changing.has(dim) || dim === after.shape[axis];
    if (type.shape.every(holds)) return type;
    return { ...type, shape: type.shape.map((dim, axis) => (holds(dim, axis) ? dim : this.#open(i, axis))) };
  }

  #open(i: number, axis: number): string {
    const symbol = this.node.b.symbol(`variable_${i}_${axis}`);
    this.#changing.add(symbol);
    return symbol;
  }

  #tensor(value: Value): Value {
    return value instanceof List ? value.stack() : value;
  }

  /** A variable's first value, as the Loop takes it. */
  #start(i: number): Value {
    const value = this.#initial[i]!;
    const variable = this.#variables[i]!;
    if (!(value instanceof List) || variable.kind !== "carried") return value;
    return (value.element ? value : List.empty(this.node.b, value.dtype, variable.type.shape.slice(1))).stack();
  }

  /** The type of an output of the Loop: extents that the body alone knows become symbols of its own. */
  #resultType(i: number, body: Body): TensorType {
    const variable = this.#variables[i]!;
    const outside = new Set(
      this.#initial.flatMap((value) => (value instanceof List ? (value.element ?? []) : value.shape)),
    );
    const own = (axis: number) => this.node.b.symbol(`output_${i}_${axis}`);
    if (variable.kind === "carried") {
      const shape = variable.type.shape.map((dim, axis) => (this.#changing.has(dim) ? own(axis) : dim));
      return { dtype: variable.type.dtype, shape };
    }
    const place = 1 + this.#places("carried").length + this.#places("collected").indexOf(i);
    const item = body.outputs[place]!;
    const shape = item.shape.map((dim, axis) => (typeof dim === "number" || outside.has(dim) ? dim : own(axis + 1)));
    return { dtype: item.dtype, shape: [own(0), ...shape] };
  }
}
