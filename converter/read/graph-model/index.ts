import type { io } from "@tensorflow/tfjs";
import "../../operators/graph/index.js";
import { ShowtellError } from "../../../errors/index.js";
import { cast } from "../../emit/cast.js";
import { isComplex } from "../../emit/complex.js";
import { unsqueeze } from "../../emit/shape.js";
import { GraphBuilder, type Value } from "../../graph/builder.js";
import { inputShape } from "../input-shape.js";
import type { InputOverride, ReadOptions, ReadResult } from "../layers-model/index.js";
import { readWeights } from "../weights.js";
import { type GraphDef, invalid, readGraphDef, readReference, type TensorReference } from "./graph-def.js";
import { GraphLowering } from "./lower.js";
import { NodeAttributes } from "./node-attributes.js";
import { type Endpoint, endpointsOf } from "./signature.js";
import { structured } from "./structured.js";
import { readTables, tableFillers } from "./tables.js";

export interface GraphReadOptions extends Omit<ReadOptions, "outputs"> {
  /**
   * A list: names for the model's outputs, in its own order. A record: outputs, or tensors of inner nodes as `node` or
   * `node:1`, each with the name that it gets.
   */
  outputs?: string[] | Record<string, string>;
}

/**
 * Reads a graph-model from its artifacts into a graph.
 * @throws ShowtellError CONVERT_INVALID_MODEL, CONVERT_UNSUPPORTED, USAGE
 */
export function readGraphModel(artifacts: io.ModelArtifacts, options: GraphReadOptions): ReadResult {
  const definition = readGraphDef(artifacts.modelTopology);
  const data = artifacts.weightData as ArrayBuffer | ArrayBuffer[] | undefined;
  const stored = readWeights(artifacts.weightSpecs ?? [], data ?? new ArrayBuffer(0));
  const weights = new Map(stored.map((weight) => [weight.name, weight]));
  const b = new GraphBuilder(options.opset);
  const warnings: string[] = [];
  const lowering = (graph: GraphDef) => new GraphLowering(graph, (name) => weights.get(name)?.read(), warnings);
  const ends = endpointsOf(definition, artifacts);
  const tables = readTables(b, artifacts, lowering(definition));
  const given = new Map<string, Value[]>([...tables].map(([node, handle]) => [node, [handle]]));
  const overrides = new Map(Object.entries(options.inputs ?? {}));
  const inputs = ends.inputs.filter(({ tensor }) => !tables.has(tensor.node));
  for (const input of inputs) {
    const override = overrides.get(input.name) ?? {};
    overrides.delete(input.name);
    const wanted = { batch: options.batch, ...override };
    given.set(input.tensor.node, [readInput(b, definition, input, wanted, inputs.length)]);
  }
  if (overrides.size > 0) {
    const known = inputs.map(({ name }) => name).join(", ");
    throw new ShowtellError("USAGE", `The model has no input "${[...overrides.keys()].join('", "')}", but: ${known}.`);
  }
  const outputs = chosenOutputs(options.outputs, definition, ends.outputs);
  const kept = Object.entries(options.keep ?? {}).map(([node, name]) => ({ name, tensor: readReference(node) }));
  const results = [...outputs, ...kept].map(({ tensor }) => tensor);
  const fillers = tableFillers(definition.nodes);
  const wanted = [...fillers, ...results];
  const plain = structured(definition, wanted, (message) => warnings.push(message));
  const main = lowering(plain);
  const values = main.nodes(b, plain.nodes, wanted, given).slice(fillers.length);
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
  return { graph, warnings, layers: main.lowered };
}

function chosenOutputs(
  wanted: GraphReadOptions["outputs"],
  definition: GraphDef,
  outputs: Endpoint[],
): { name: string; tensor: TensorReference }[] {
  if (outputs.length === 0) throw invalid("it has no output");
  if (!wanted) return outputs;
  if (Array.isArray(wanted)) {
    if (wanted.length === outputs.length) return outputs.map((output, i) => ({ ...output, name: wanted[i]! }));
    throw new ShowtellError("USAGE", `The model has ${outputs.length} outputs, ${wanted.length} names are given.`);
  }
  if (Object.keys(wanted).length === 0) throw new ShowtellError("USAGE", "A graph needs an output: none is chosen.");
  return Object.entries(wanted).map(([source, name]) => {
    const tensor = outputs.find((output) => output.name === source)?.tensor ?? readReference(source);
    if (definition.nodes.has(tensor.node)) return { name, tensor };
    const known = outputs.map((output) => output.name).join(", ");
    throw new ShowtellError("USAGE", `The model has no output "${source}", and no node of that name; but: ${known}.`);
  });
}

function readInput(
  b: GraphBuilder,
  definition: GraphDef,
  { name, tensor, shape: promised }: Endpoint,
  override: InputOverride & { batch?: number },
  inputs: number,
): Value {
  const node = definition.nodes.get(tensor.node)!;
  const attributes = new NodeAttributes(node.attributes, (reason) => invalid(`input "${name}": ${reason}`));
  const dtype = attributes.dtype("dtype", "float32");
  const shape = attributes.shape("shape") ?? promised ?? override.shape?.map(() => -1);
  if (!shape) {
    throw new ShowtellError(
      "CONVERT_UNSUPPORTED",
      `The rank of the input "${name}" is not in the model: give its shape, such as --fix ${name}=1,224,224,3.`,
    );
  }
  const own = shape.map((extent) => (extent >= 0 ? extent : null));
  const dims = inputShape(name, own, override, (axis) => symbol(name, axis, shape.length, inputs));
  if (override.squeeze && dims.at(-1) !== 1) {
    throw new ShowtellError(
      "USAGE",
      `Input "${name}": its last axis has extent ${dims.at(-1)}, only 1 can be left out.`,
    );
  }
  const outer = override.squeeze ? dims.slice(0, -1) : dims;
  const input = b.input(override.name ?? name, override.dtype ?? dtype, outer);
  return b.within(name, () => {
    const spread = override.squeeze ? unsqueeze(b, input, [dims.length - 1]) : input;
    return cast(b, spread, dtype);
  });
}

/** Names for free extents: N for the batch; H, W and C for an only image; else the input's own. */
function symbol(input: string, axis: number, rank: number, inputs: number): string {
  if (axis === 0) return "N";
  return rank === 4 && inputs === 1 ? ["", "H", "W", "C"][axis]! : `${input}_${axis}`;
}
