import type { io } from "@tensorflow/tfjs";
import { type GraphDef, type NodeDef, readReference, type TensorReference } from "./graph-def.js";

/** An input or output of the model under the name by which TensorFlow.js knows it. */
export interface Endpoint {
  name: string;
  tensor: TensorReference;
  /** Extents that the signature promises, -1 for free ones. */
  shape?: number[];
}

interface SignatureEntry {
  name?: unknown;
  tensorShape?: { dim?: { size?: unknown }[]; unknownRank?: boolean };
}

/** The model's signature; the one under userDefinedMetadata comes first. */
export function signatureOf(artifacts: io.ModelArtifacts): Record<string, unknown> {
  const metadata = artifacts.userDefinedMetadata as { signature?: unknown } | undefined;
  return (metadata?.signature ?? artifacts.signature ?? {}) as Record<string, unknown>;
}

/**
 * Inputs and outputs as `tf.GraphModel` has them: those of the signature under its keys; without one, the placeholders
 * and the nodes that no other reads.
 */
export function endpointsOf(
  graph: GraphDef,
  artifacts: io.ModelArtifacts,
): { inputs: Endpoint[]; outputs: Endpoint[] } {
  const signature = signatureOf(artifacts);
  const inputs = entriesOf(signature.inputs).filter(({ tensor }) => graph.nodes.has(tensor.node));
  const outputs = entriesOf(signature.outputs);
  const nodes = [...graph.nodes.values()];
  return {
    inputs: inputs.length > 0 ? inputs : nodes.filter(isPlaceholder).map(endpoint),
    outputs: outputs.length > 0 ? outputs : leaves(nodes).map(endpoint),
  };
}

export const isPlaceholder = (node: NodeDef) => node.op.startsWith("Placeholder");

const endpoint = ({ name }: NodeDef): Endpoint => ({ name, tensor: { node: name, index: 0 } });

function leaves(nodes: NodeDef[]): NodeDef[] {
  const read = new Set(nodes.flatMap((node) => node.inputs.map((input) => input.node)));
  return nodes.filter((node) => !read.has(node.name) && node.op !== "NoOp" && node.op !== "Assert");
}

function entriesOf(entries: unknown): Endpoint[] {
  if (typeof entries !== "object" || entries === null) return [];
  return Object.entries(entries as Record<string, SignatureEntry>).flatMap(([name, entry]) => {
    // Inputs that stand for resources have no tensor.
    if (typeof entry?.name !== "string" || entry.name === "") return [];
    const dims = entry.tensorShape?.unknownRank ? undefined : entry.tensorShape?.dim;
    const shape = Array.isArray(dims) ? dims.map((dim) => Number(dim?.size ?? 0)) : undefined;
    const sound = shape?.every((extent) => Number.isSafeInteger(extent) && extent >= -1);
    return [{ name, tensor: readReference(entry.name), shape: sound ? shape : undefined }];
  });
}
