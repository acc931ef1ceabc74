import { intOf } from "../graph/attributes.js";
import { cloneGraph } from "../graph/clone.js";
import { float32, scalar, sizeOf } from "../graph/tensor.js";
import type { Graph, Node, Tensor } from "../graph/types.js";
import { GraphEditor } from "../passes/editor.js";
import type { Calibration, Observation } from "./calibrate.js";
import type { Affine } from "./parameters.js";
import type { Plan, Unit } from "./plan.js";
import { affinesOf } from "./rewrite.js";

/** What a node that runs on bytes loses by that alone. */
export interface UnitLoss {
  node: string;
  op: string;
  /**
   * Signal-to-quantisation-noise ratio of its output in decibels, over all samples: how much stronger the output in
   * float32 is than what bytes change of it. Infinity where they change nothing.
   */
  decibels: number;
}

/**
 * Measures what each node loses by bytes alone: it gets its inputs as float32 has them, rounded to bytes, multiplies by
 * its stored weights, and what it gives is rounded to bytes and held against what it gives in float32. Losses of the
 * nodes before it do not count (onnxruntime's `qdq_loss_debug` measures the same ratio, with them).
 *
 * @param exact the graph in float32 that the plan was made for
 * @param quantized the same with the plan carried out
 */
export async function unitLosses(
  exact: Graph,
  quantized: GraphEditor,
  plan: Plan,
  ranges: Map<string, Observation>,
  { run, samples, signal }: Calibration,
): Promise<UnitLoss[]> {
  const units = plan.units.filter(({ roles }) => roles.kind !== "move");
  const graph = besideEachOther(exact, quantized, plan, units, ranges);
  const sums = units.map(() => ({ power: 0, noise: 0 }));
  await run(graph, async (infer) => {
    for await (const sample of samples) {
      signal?.throwIfAborted();
      const results = await infer(sample);
      for (const [i, sum] of sums.entries()) {
        sum.power += Number(results[`${i}/power`]!.data[0]);
        sum.noise += Number(results[`${i}/noise`]!.data[0]);
      }
    }
  });
  return units.map(({ node }, i) => {
    const { power, noise } = sums[i]!;
    const decibels = noise === 0 || power === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(power / noise);
    return { node: node.name, op: node.op, decibels };
  });
}

/** The graph in float32 with each node's twin on bytes beside it, which reads what the node reads. */
function besideEachOther(
  exact: Graph,
  quantized: GraphEditor,
  plan: Plan,
  units: Unit[],
  ranges: Map<string, Observation>,
): Graph {
  const editor = new GraphEditor(cloneGraph(exact));
  const affines = affinesOf(plan, ranges);
  const inBytes = new Map<string, string>();
  const rounded = (name: string): string => {
    const known = inBytes.get(name) ?? addRounding(editor, name, affines.get(name)!, `${name}/rounded`);
    inBytes.set(name, known);
    return known;
  };
  const outputs: Graph["outputs"] = [];
  const give = (name: string, tensor: string) => {
    editor.add("ReduceSumSquare", [tensor], { keepdims: 0 }, { node: name, output: name });
    outputs.push({ name, dtype: "float32", shape: [] });
  };
  for (const [i, unit] of units.entries()) {
    const { node, roles, inputs, output } = unit;
    const own = node.inputs.map((name, place) => {
      const activation = roles.activations.indexOf(place);
      return activation < 0 ? copyConstant(editor, quantized, name) : rounded(inputs[activation]!);
    });
    const raw = editor.add(node.op, own, { ...node.attributes }, { node: `${node.name}/bytes` });
    const affine = affines.get(output);
    const given = affine ? addRounding(editor, raw, affine, `${node.name}/given`) : raw;
    give(`${i}/power`, output);
    give(`${i}/noise`, editor.add("Sub", [output, given], {}, { node: `${node.name}/off` }));
  }
  editor.graph.outputs = outputs;
  editor.graph.kept = new Set();
  editor.finish();
  return editor.graph;
}

/**
 * Rounds to what bytes can hold, in float32: of QuantizeLinear and DequantizeLinear onnxruntime would make integer
 * kernels, which add up otherwise on processors without VNNI, so that another machine might keep other nodes.
 */
function addRounding(editor: GraphEditor, name: string, { scale, zeroPoint }: Affine, wish: string): string {
  const constant = (value: number, part: string) => editor.addConstant(scalar(value), `${wish}/${part}`);
  const add = (op: string, ...inputs: string[]) => editor.add(op, inputs, {}, { node: `${wish}/${op}` });
  const step = constant(scale, "scale");
  const steps = add("Round", add("Div", name, step));
  return add("Mul", add("Clip", steps, constant(-zeroPoint, "least"), constant(255 - zeroPoint, "most")), step);
}

/** A constant, or one behind a DequantizeLinear, widened, from one graph to another. Returns its name there. */
function copyConstant(to: GraphEditor, from: GraphEditor, name: string): string {
  if (name === "") return name;
  const constant = from.constant(name);
  if (constant) return to.addConstant(constant, name);
  const maker = from.producer(name) as Node;
  const [stored, scales] = maker.inputs.map((input) => from.constant(input)) as [Tensor, Tensor];
  return to.addConstant(widened(stored, scales, intOf(maker, "axis", 1)), name);
}

/** Zero points of constants are zero. */
function widened({ shape, data }: Tensor, { data: scales }: Tensor, axis: number): Tensor {
  const inner = sizeOf(shape.slice(axis + 1));
  const values = Float32Array.from(data as Int8Array, (value, i) => {
    return value * (scales as Float32Array)[Math.floor(i / inner) % scales.length]!;
  });
  return float32(values, shape);
}
