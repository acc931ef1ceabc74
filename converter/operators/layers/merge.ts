import { cast } from "../../emit/cast.js";
import { unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type LayerContext, type LowerLayer, registerLayer } from "../../read/layers-model/registry.js";

/** Inputs of fewer axes get axes of extent 1 behind the batch; then numpy's broadcasting holds. */
function aligned({ b, inputs, invalid }: LayerContext): Value[] {
  if (inputs.length < 2) throw invalid("it merges at least two inputs");
  const rank = Math.max(...inputs.map((input) => input.shape.length));
  const same = inputs.map((input) => {
    const missing = rank - input.shape.length;
    return missing > 0
      ? unsqueeze(
          b,
          input,
          Array.from({ length: missing }, (_, i) => i + 1),
        )
      : input;
  });
  return sameType(b, same);
}

/** tfjs widens int32 to float32 where they meet. */
function sameType(b: GraphBuilder, values: Value[]): Value[] {
  const dtypes = new Set(values.map((value) => value.dtype));
  return dtypes.size === 1 ? values : values.map((value) => cast(b, value, "float32"));
}

const pairwise =
  (op: string): LowerLayer =>
  (layer) =>
    aligned(layer).reduce((left, right) => layer.b.add(op, [left, right]));

/** TensorFlow.js puts an axis before the mask of the first input, and leaves the last input's out. */
function mergedMask({ b, masks, unsupported }: LayerContext): Value | undefined {
  const [first, ...others] = masks.slice(0, Math.max(1, masks.length - 1));
  if (masks.every((mask) => mask === undefined)) return undefined;
  if (others.length > 0 && [first, ...others].some((mask) => mask === undefined)) {
    throw unsupported("some of its inputs have a mask and others have none, which TensorFlow.js cannot merge either");
  }
  if (!first) return undefined;
  const all = (others as Value[]).reduce((left, right) => b.add("And", [left, right]), first);
  return unsqueeze(b, all, [0]);
}

const LIMITS = "TensorFlow.js gives the merged mask another axis, so that no recurrent layer can read it";

registerLayer("Add", pairwise("Add"), { masking: mergedMask, becomes: "Add", limits: LIMITS });
registerLayer("Subtract", pairwise("Sub"), {
  masking: mergedMask,
  becomes: "Sub",
  limits: `a class of Keras that TensorFlow.js lacks; ${LIMITS}`,
});
registerLayer("Multiply", pairwise("Mul"), { masking: mergedMask, becomes: "Mul", limits: LIMITS });
for (const [className, op] of [
  ["Maximum", "Max"],
  ["Minimum", "Min"],
] as const) {
  registerLayer(className, (layer) => layer.b.add(op, aligned(layer)), {
    masking: mergedMask,
    becomes: op,
    limits: LIMITS,
  });
}
registerLayer(
  "Average",
  (layer) => {
    const { b } = layer;
    const total = aligned(layer).reduce((left, right) => b.add("Add", [left, right]));
    return b.add("Mul", [cast(b, total, "float32"), b.constant(scalar(1 / layer.inputs.length), "share")]);
  },
  { masking: mergedMask, becomes: "Add, Mul", limits: LIMITS },
);

registerLayer(
  "Concatenate",
  ({ b, inputs, config, warn }) => {
    const axis = config.number("axis", -1);
    if (axis < -1) warn(`axis ${axis} means the last axis, as in TensorFlow.js`);
    return b.add("Concat", sameType(b, inputs), { axis: Math.max(axis, -1) });
  },
  {
    masking: joinedMask,
    becomes: "Concat",
    limits: "along another axis than the last all inputs or none must have a mask, as in TensorFlow.js",
  },
);

/** Along the last axis a step counts where it counts in every input; along another the masks follow each other. */
function joinedMask({ b, inputs, masks, config, unsupported }: LayerContext): Value | undefined {
  const given = masks.filter((mask) => mask !== undefined);
  if (given.length === 0) return undefined;
  const rank = given[0]!.shape.length + 1;
  const fits = inputs.every(({ shape }, i) => {
    const mask = masks[i]?.shape.length;
    return mask === undefined ? shape.length === rank : mask + 1 === rank && mask < shape.length;
  });
  const axis = Math.max(config.number("axis", -1), -1);
  const last = axis === -1 || axis === rank - 1;
  if (!fits || (!last && given.length < inputs.length)) {
    throw unsupported("its inputs' masks cannot be joined, by TensorFlow.js either");
  }
  if (!last) return b.add("Concat", given, { axis });
  return given.reduce((left, right) => b.add("And", [left, right]));
}
