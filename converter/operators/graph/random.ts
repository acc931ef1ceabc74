import { cast } from "../../emit/cast.js";
import { fill } from "../../emit/fill.js";
import { reduce } from "../../emit/reduce.js";
import { squeeze, unsqueeze } from "../../emit/shape.js";
import { type AttributeValue, float } from "../../graph/attributes.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar, toNumbers } from "../../graph/tensor.js";
import type { DType } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { shapeInput } from "./creation.js";

/** Random numbers of TensorFlow.js's distributions and types; the numbers themselves are the engine's own. */
const LIMITS = "other numbers than TensorFlow.js draws";

/** Without a seed, or with seed 0, every run draws anew. */
const seedOf = (node: OperatorContext) => {
  const seed = node.attributes.float("seed", 0);
  return seed === 0 ? undefined : float(seed);
};

/** Draws floats of a shape, which may be known at run time alone. */
function draw(
  node: OperatorContext,
  op: "RandomNormal" | "RandomUniform",
  attributes: Record<string, AttributeValue>,
): Value {
  const shape = shapeInput(node, 0);
  const all = { ...attributes, dtype: 1, seed: seedOf(node) };
  if (shape.constant) return node.b.add(op, [], { ...all, shape: toNumbers(shape.constant) });
  return node.b.add(`${op}Like`, [fill(node.b, shape, 0, "float32")], all);
}

const numeric = (node: OperatorContext): DType => {
  const dtype = node.attributes.dtype("dtype", "float32");
  if (dtype !== "float32" && dtype !== "int32") throw node.unsupported(`it draws ${dtype}`);
  return dtype;
};

const rounded = (b: GraphBuilder, x: Value, dtype: DType) =>
  dtype === "float32" ? x : cast(b, b.add("Round", [x]), dtype);

registerOperator("RandomStandardNormal", (node) => rounded(node.b, draw(node, "RandomNormal", {}), numeric(node)), {
  becomes: "RandomNormal, or RandomNormalLike",
  limits: LIMITS,
});

const between = (node: OperatorContext, low: number, high: number) =>
  draw(node, "RandomUniform", { low: float(low), high: float(high) });

registerOperator(
  "RandomUniform",
  (node) => {
    const { attributes } = node;
    const drawn = between(node, attributes.float("minval", 0), attributes.float("maxval", 1));
    return cast(node.b, drawn, numeric(node));
  },
  { becomes: "RandomUniform, or RandomUniformLike", limits: LIMITS },
);
registerOperator(
  "RandomUniformInt",
  (node) => {
    // TensorFlow.js reads the bounds as attributes, though TensorFlow gives them as inputs.
    const { attributes } = node;
    if (node.inputs.length > 1) node.warn("its bounds are not read, as in TensorFlow.js");
    return cast(node.b, between(node, attributes.float("minval", 0), attributes.float("maxval", 0)), "int32");
  },
  { becomes: "RandomUniform and Cast", limits: `${LIMITS}; bounds as inputs are not read, as in TensorFlow.js` },
);

/** Draws what lies further out than two deviations again, until nothing does. */
function redrawn(b: GraphBuilder, x: Value, seed: AttributeValue): Value {
  const going = b.constant(scalar(1, "bool"), "going");
  const edge = b.constant(scalar(2), "edge");
  const body = b.body("redraw", (inner) => {
    inner.input("iteration", "int64", []);
    inner.input("condition", "bool", []);
    const state = inner.input("state", "float32", x.shape);
    const beyond = (value: Value) => inner.add("Greater", [inner.add("Abs", [value]), edge]);
    const again = inner.add("RandomNormalLike", [state], { dtype: 1, seed });
    const next = inner.add("Where", [beyond(state), again, state]);
    const outside = cast(inner, beyond(next), "int32");
    const axes = x.shape.map((_, axis) => axis);
    const count = axes.length === 0 ? outside : reduce(inner, "ReduceSum", outside, axes);
    return [cast(inner, count, "bool"), next];
  });
  return b.addWithBodies("Loop", [undefined, going, x], { body }, [x])[0]!;
}

registerOperator(
  "TruncatedNormal",
  (node) => {
    const { b, attributes } = node;
    const dtype = numeric(node);
    let drawn = redrawn(b, draw(node, "RandomNormal", {}), seedOf(node));
    const [mean, deviation] = [attributes.float("means", 0), attributes.float("stddev", 1)];
    if (deviation !== 1) drawn = b.add("Mul", [drawn, b.constant(scalar(deviation), "deviation")]);
    if (mean !== 0) drawn = b.add("Add", [drawn, b.constant(scalar(mean), "mean")]);
    return rounded(b, drawn, dtype);
  },
  { becomes: "Loop over RandomNormalLike", limits: LIMITS },
);

registerOperator(
  "Multinomial",
  (node) => {
    const { b, x } = node;
    const rank = x.shape.length;
    if (rank !== 1 && rank !== 2) throw node.invalid(`its logits have ${rank} axes`);
    const attributes = { sample_size: node.numbers(1, "number of samples")[0], dtype: 6, seed: seedOf(node) };
    const logits = cast(b, x, "float32");
    const samples = b.add("Multinomial", [rank === 1 ? unsqueeze(b, logits, [0]) : logits], attributes);
    return rank === 1 ? squeeze(b, samples, [0]) : samples;
  },
  { becomes: "Multinomial", limits: LIMITS },
);
