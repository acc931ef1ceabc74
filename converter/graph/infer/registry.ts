import { ShowtellError } from "../../../errors/index.js";
import type { Node, Tensor, TensorType } from "../types.js";

/** What is known where a node's output types are inferred. */
export interface InferenceContext {
  node: Pick<Node, "op" | "name" | "attributes" | "inputs">;
  /** Types of the inputs; undefined where an input is left out or its type is not known. */
  types: (TensorType | undefined)[];
  /** Values of the inputs that are constant. */
  constants: (Tensor | undefined)[];
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
  return inference(context);
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
