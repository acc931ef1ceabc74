import { ShowtellError } from "../../errors/index.js";
import { bodies, type Graph, type Node } from "../graph/types.js";

export const OLDEST_OPSET = 17;
export const NEWEST_OPSET = 21;

/** Operators of ONNX's own set that came after the oldest one, with the set they came with. */
const ADDED: Record<string, number> = {
  BitwiseAnd: 18,
  BitwiseNot: 18,
  BitwiseOr: 18,
  BitwiseXor: 18,
  CenterCropPad: 18,
  Col2Im: 18,
  GroupNormalization: 18,
  Mish: 18,
  OptionalGetElement: 18,
  DeformConv: 19,
  AffineGrid: 20,
  Gelu: 20,
  ImageDecoder: 20,
  RegexFullMatch: 20,
  StringConcat: 20,
  StringSplit: 20,
};

const ADDED_ATTRIBUTES: Record<string, Record<string, number>> = {
  AveragePool: { dilations: 19 },
  Cast: { saturate: 19 },
  Resize: { antialias: 18, axes: 18, keep_aspect_ratio_policy: 18 },
  Split: { num_outputs: 18 },
  DequantizeLinear: { block_size: 21 },
  QuantizeLinear: { saturate: 19, block_size: 21, output_dtype: 21 },
};

/** Reductions that took their axes as an attribute until opset 18 made them an input. */
const REDUCTIONS = /^Reduce(L1|L2|LogSum|LogSumExp|Max|Mean|Min|Prod|SumSquare)$/;
const AXES_AS_INPUT = 18;

/**
 * Holds every node against the operator set that the graph names.
 * @throws ShowtellError CONVERT_UNSUPPORTED naming the first node that this set does not have
 */
export function checkOpset(graph: Graph): void {
  for (const node of graph.nodes) {
    const needed = node.domain === "" ? opsetOf(node, graph.opset) : graph.opset;
    if (needed !== graph.opset) {
      throw new ShowtellError(
        "CONVERT_UNSUPPORTED",
        `Node "${node.name}" (${node.op}) needs opset ${needed}, the graph is of opset ${graph.opset}.`,
      );
    }
    for (const body of bodies(node)) checkOpset({ ...body, opset: graph.opset });
  }
}

/** `opset` where the node is part of it; else the nearest that it is part of. */
function opsetOf(node: Node, opset: number): number {
  const attributes = ADDED_ATTRIBUTES[node.op] ?? {};
  const since = [ADDED[node.op] ?? 0, ...Object.keys(node.attributes).map((name) => attributes[name] ?? 0)];
  let needed = Math.max(opset, ...since);
  if (!REDUCTIONS.test(node.op)) return needed;
  if (node.inputs.length > 1) needed = Math.max(needed, AXES_AS_INPUT);
  return "axes" in node.attributes && needed >= AXES_AS_INPUT ? AXES_AS_INPUT - 1 : needed;
}
