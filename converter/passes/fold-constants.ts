import { sizeOf } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { GraphEditor } from "./editor.js";
import { evaluatorOf } from "./evaluate/index.js";

/** Larger results are left to be computed at run time: a file must not grow by what a node unfolds. */
const LARGEST = 1 << 20;

/** Computes nodes whose inputs are all constant. Changes the graph in place. */
export function foldConstants(graph: Graph): void {
  const editor = new GraphEditor(graph);
  for (const node of editor.nodes()) {
    const evaluate = node.domain === "" ? evaluatorOf(node.op) : undefined;
    const output = node.outputs[0]!;
    if (!evaluate || node.outputs.length !== 1 || editor.isResult(output)) continue;
    const inputs = node.inputs.map((name) => (name === "" ? undefined : (editor.constant(name) ?? null)));
    const type = node.inputs[0] ? editor.type(node.inputs[0]) : undefined;
    const known = inputs.filter((input) => input !== undefined);
    if (node.op !== "Shape" && known.some((input) => input === null)) continue;
    const largest = Math.max(LARGEST, ...known.map((input) => (input ? sizeOf(input.shape) : 0)));
    const wanted = editor.type(output)?.shape;
    if (wanted?.every((extent) => typeof extent === "number") && sizeOf(wanted) > largest) continue;
    const result = evaluate({ node, inputs: inputs as (Tensor | undefined)[], type });
    if (!result || sizeOf(result.shape) > largest) continue;
    editor.remove(node);
    graph.initializers.set(output, result);
    graph.types.set(output, { dtype: result.dtype, shape: result.shape });
  }
  editor.finish();
}
