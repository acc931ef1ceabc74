import { type Contents, contentsOf, inferContents } from "../graph/infer/contents.js";
import { inferTypes } from "../graph/infer/index.js";
import { bodies, type Graph, type TensorType } from "../graph/types.js";

/** What shape inference found. */
export interface ShapeReport {
  faults: string[];
  /** Outputs of nodes, also in bodies. */
  outputs: number;
  /** Of these, those whose type follows from what the node reads. */
  inferred: number;
}

/**
 * Infers each node's output types from what it reads, and holds them against what the file says.
 * @param declared types that the file itself gives, of this graph and those around it
 */
export function inferShapes(graph: Graph, declared: ReadonlyMap<string, TensorType>): ShapeReport {
  const report: ShapeReport = { faults: [], outputs: 0, inferred: 0 };
  walk(graph, new Map(declared), new Map(), report);
  return report;
}

function walk(
  graph: Graph,
  types: Map<string, TensorType>,
  contents: Map<string, Contents>,
  report: ShapeReport,
): void {
  for (const [name, tensor] of graph.initializers) {
    types.set(name, { dtype: tensor.dtype, shape: tensor.shape });
    const known = contentsOf(tensor);
    if (known) contents.set(name, known);
  }
  for (const node of graph.nodes) {
    for (const body of bodies(node)) {
      const inner = new Map([...types, ...declaredTypes(body)]);
      walk(body, inner, new Map(contents), report);
    }
    const names = node.outputs.filter((name) => name !== "");
    report.outputs += names.length;
    if (node.domain !== "") continue;
    const context = {
      node,
      types: node.inputs.map((name) => types.get(name)),
      constants: node.inputs.map((name) => graph.initializers.get(name)),
      contents: node.inputs.map((name) => contents.get(name)),
      outputs: node.outputs.length,
    };
    let found: (TensorType | undefined)[];
    try {
      found = inferTypes(context);
    } catch (error) {
      report.faults.push((error as Error).message.replace(/\.$/, ""));
      continue;
    }
    for (const [i, name] of node.outputs.entries()) {
      const type = found[i];
      if (name === "" || !type) continue;
      report.inferred++;
      const said = types.get(name);
      if (said && !agree(said, type)) {
        const by = `node "${node.name}" (${node.op})`;
        report.faults.push(`"${name}" is said to be ${text(said)}; ${by} makes it ${text(type)}`);
      }
      if (!said) types.set(name, type);
      const known = inferContents(context, type);
      if (known) contents.set(name, known);
    }
  }
}

/** The types that a graph as it was read gives for its inputs, outputs and inner tensors. */
export function declaredTypes({ types, initializers }: Graph): Map<string, TensorType> {
  return new Map([...types].filter(([name]) => !initializers.has(name)));
}

/** Extents that are not both numbers may be the same. */
function agree(a: TensorType, b: TensorType): boolean {
  return (
    a.dtype === b.dtype &&
    a.shape.length === b.shape.length &&
    a.shape.every((dim, i) => typeof dim === "string" || typeof b.shape[i] === "string" || dim === b.shape[i])
  );
}

const text = ({ dtype, shape }: TensorType) => `${dtype} [${shape.join(", ")}]`;
