import type { io } from "@tensorflow/tfjs";
import "../../operators/graph/index.js";
import { ShowtellError } from "../../../errors/index.js";
import { cast } from "../../emit/cast.js";
import { isComplex } from "../../emit/complex.js";
import { GraphBuilder, type Value } from "../../graph/builder.js";
import type { Dim, Graph } from "../../graph/types.js";
import type { ReadOptions } from "../layers-model/index.js";
import { readWeights } from "../weights.js";
import { type GraphDef, invalid, readGraphDef, readReference } from "./graph-def.js";
import { GraphLowering } from "./lower.js";
import { NodeAttributes } from "./node-attributes.js";
import { type Endpoint, endpointsOf } from "./signature.js";

export interface GraphReadResult {
  graph: Graph;
  warnings: string[];
  /** Nodes of the model that the outputs need. */
  nodes: number;
}

/**
 * Reads a graph-model from its artifacts into a graph.
 *
 * @param options.outputs signature keys, or tensors of inner nodes as `node` or `node:1`
 * @throws ShowtellError CONVERT_INVALID_MODEL, CONVERT_UNSUPPORTED, USAGE
 */
export function readGraphModel(artifacts: io.ModelArtifacts, options: ReadOptions): GraphReadResult {
  const definition = readGraphDef(artifacts.modelTopology);
  const data = artifacts.weightData as ArrayBuffer | ArrayBuffer[] | undefined;
  const stored = readWeights(artifacts.weightSpecs ?? [], data ?? new ArrayBuffer(0));
  const weights = new Map(stored.map((weight) => [weight.name, weight]));
  const b = new GraphBuilder(options.opset);
  const warnings: string[] = [];
  const ends = endpointsOf(definition, artifacts);
  const overrides = new Map(Object.entries(options.inputs ?? {}));
  const given = new Map<string, Value[]>();
  for (const input of ends.inputs) {
    const override = overrides.get(input.name) ?? {};
    overrides.delete(input.name);
    given.set(input.tensor.node, [readInput(b, definition, input, override, ends.inputs.length)]);
  }
  if (overrides.size > 0) {
    const known = ends.inputs.map(({ name }) => name).join(", ");
    throw new ShowtellError("USAGE", `The model has no input "${[...overrides.keys()].join('", "')}", but: ${known}.`);
  }
  const outputs = options.outputs?.map((name) => outputNamed(name, definition, ends.outputs)) ?? ends.outputs;
  if (outputs.length === 0) throw invalid("it has no output");
  const lowering = new GraphLowering(definition, (name) => weights.get(name)?.read(), warnings);
  const kept = Object.entries(options.keep ?? {}).map(([node, name]) => ({ name, tensor: readReference(node) }));
  const results = [...outputs, ...kept].map(({ tensor }) => tensor);
  const values = lowering.nodes(b, definition.nodes, results, given);
  const unreal = results.findIndex((_, i) => isComplex(values[i]!));
  if (unreal >= 0) {
    const { node } = results[unreal]!;
    throw new ShowtellError("CONVERT_UNSUPPORTED", `The output of "${node}" is complex, which ONNX has no type for.`);
  }
  const graph = b.finish(
    options.name ?? "graph_model",
    outputs.map(({ name }, i) => ({ name, value: values[i]! })),
    {
      doc: "Converted from a TensorFlow.js graph-model.",
      metadata: {},
      kept: kept.map(({ name }, i) => ({ name, value: values[outputs.length + i]! })),
    },
  );
  return { graph, warnings, nodes: lowering.lowered };
}

function outputNamed(name: string, definition: GraphDef, outputs: Endpoint[]): Endpoint {
  const found = outputs.find((output) => output.name === name);
  if (found) return found;
  const tensor = readReference(name);
  if (!definition.nodes.has(tensor.node)) {
    const known = outputs.map((output) => output.name).join(", ");
    throw new ShowtellError(
      "USAGE",
      `The model has neither an output nor a node "${name}"; its outputs are: ${known}.`,
    );
  }
  return { name, tensor };
}

function readInput(
  b: GraphBuilder,
  definition: GraphDef,
  { name, tensor, shape: promised }: Endpoint,
  override: NonNullable<ReadOptions["inputs"]>[string],
  inputs: number,
): Value {
  const node = definition.nodes.get(tensor.node)!;
  const attributes = new NodeAttributes(node.attributes, (reason) => invalid(`input "${name}": ${reason}`));
  const dtype = attributes.dtype("dtype", "float32");
  const shape = attributes.shape("shape") ?? promised;
  if (!shape) {
    throw new ShowtellError(
      "CONVERT_UNSUPPORTED",
      `The rank of the input "${name}" is not in the model: give its shape, such as --fix ${name}=1,224,224,3.`,
    );
  }
  const dims = shape.map((extent, axis): Dim => (extent >= 0 ? extent : symbol(name, axis, shape.length, inputs)));
  const input = b.input(override.name ?? name, override.dtype ?? dtype, dims);
  return b.within(name, () => cast(b, input, dtype));
}

/** Names for free extents: N for the batch; H, W and C for an only image; else the input's own. */
function symbol(input: string, axis: number, rank: number, inputs: number): string {
  if (axis === 0) return "N";
  return rank === 4 && inputs === 1 ? ["", "H", "W", "C"][axis]! : `${input}_${axis}`;
}
