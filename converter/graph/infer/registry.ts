import { ShowtellError } from "../../../errors/index.js";
import { LONGEST_EXPRESSION } from "../dims.js";
import type { Dim, Node, Tensor, TensorType } from "../types.js";
import { type Contents, contentsOf } from "./contents.js";

/** What is known where a node's output types are inferred. */
export interface InferenceContext {
  node: Pick<Node, "op" | "name" | "attributes" | "inputs">;
  /** Types of the inputs; undefined where an input is left out or its type is not known. */
  types: (TensorType | undefined)[];
  /** Values of the inputs that are constant. */
  constants: (Tensor | undefined)[];
  /** What is known of the numbers in the inputs that are shapes, indices and the like. */
  contents?: (Contents | undefined)[];
  /** Number of outputs wanted. */
  outputs: number;
}

/** Types of a node's outputs; undefined where they cannot be told. */
export type Inference = (context: InferenceContext) => (TensorType | undefined)[];

const inferences = new Map<string, Inference>();

/** Registers how the output types of ONNX operators follow from their inputs. */
export function registerInference(operators: readonly string[], inference: Inference): void {
  for (const operator of operators) inferences.set(operator, inference);
}

/** The output types of a node of ONNX's own operator set; undefined entries where they are not known. */
export function inferTypes(context: InferenceContext): (TensorType | undefined)[] {
  const inference = inferences.get(context.node.op);
  if (!inference) return [];
  return inference(context).map((type, output) => type && { ...type, shape: abridged(context, type.shape, output) });
}

/** The shape with symbols of the node's own where an extent's expression is too long. */
function abridged({ node }: InferenceContext, shape: Dim[], output: number): Dim[] {
  return shape.map((dim, axis) =>
    typeof dim === "string" && dim.length > LONGEST_EXPRESSION ? `${node.name}_${output}_${axis}` : dim,
  );
}

/** Refuses a node whose inputs do not fit together. */
export function misfit({ node, types }: InferenceContext, reason: string): ShowtellError {
  const shapes = types.map((type) => (type ? `${type.dtype}[${type.shape.join(", ")}]` : "?")).join(", ");
  return new ShowtellError("CONVERT_INVALID_MODEL", `${node.op} "${node.name}" on ${shapes}: ${reason}.`);
}

/** An axis counted from the front. */
export function axisOf(context: InferenceContext, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank) throw misfit(context, `axis ${axis} is outside its ${rank} axes`);
  return at;
}

/** The numbers of an input that is a shape, an index or the like, as far as they are known. */
export function contentsAt(context: InferenceContext, index: number): Contents | undefined {
  return context.contents?.[index] ?? contentsOf(context.constants[index]);
}

/** More axes are taken for numbers that are no shape. */
const MOST_AXES = 64;

/**
 * A shape that an input gives as its contents, of numbers from `least` on. Where those are not known, its length still
 * tells the rank, and each extent becomes a symbol of the node's own.
 */
export function shapeAt(context: InferenceContext, index: number, least = 0): Dim[] | undefined {
  const contents = contentsAt(context, index);
  if (contents?.some((dim) => typeof dim === "number" && dim < least)) {
    throw misfit(context, `[${contents.join(", ")}] is no shape`);
  }
  if (contents) return contents;
  const rank = context.types[index]?.shape[0];
  return typeof rank === "number" && rank <= MOST_AXES ? ownSymbols(context, rank) : undefined;
}

/** Symbols for extents that are known at run time alone. */
export function ownSymbols({ node }: InferenceContext, count: number): Dim[] {
  return Array.from({ length: count }, (_, i) => `${node.name}_${i}`);
}
