import type { io } from "@tensorflow/tfjs";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { isGraphDef, type NodeDef, readGraphDef, readReference, type TensorReference } from "./graph-def.js";
import type { GraphLowering } from "./lower.js";
import { signatureOf } from "./signature.js";

const isTable = ({ op }: NodeDef) => op === "HashTable" || op === "HashTableV2";

/** The nodes that fill tables: what reads a table depends on them, though not by a tensor. */
export function tableFillers(nodes: Map<string, NodeDef>): TensorReference[] {
  const fillers = [...nodes.values()].filter(({ op }) => /^(InitializeTable|LookupTableImport)(V2)?$/.test(op));
  return fillers.map(({ name }) => ({ node: name, index: 0 }));
}

/** Entries of a signature that stand for a resource, by its number. */
function resources(entries: unknown): Map<unknown, string> {
  const found = Object.entries((entries ?? {}) as Record<string, { resourceId?: unknown } | null>);
  return new Map(
    found.flatMap(([key, entry]) => (entry?.resourceId == null ? [] : [[entry.resourceId, key] as const])),
  );
}

/**
 * Lowers the model's initializer, which fills its tables, and gives the handle of each table by the node of the model
 * that stands for it: a table of the same name, or an input that the signatures tie to it.
 */
export function readTables(b: GraphBuilder, artifacts: io.ModelArtifacts, lowering: GraphLowering): Map<string, Value> {
  if (!isGraphDef(artifacts.modelInitializer)) return new Map();
  const { nodes } = readGraphDef(artifacts.modelInitializer);
  const tables = [...nodes.values()].filter(isTable).map(({ name }) => name);
  const signature = artifacts.initializerSignature as { outputs?: unknown } | undefined;
  const inputs = signatureOf(artifacts).inputs as Record<string, { name?: unknown }> | undefined;
  const shared = [...resources(signature?.outputs)].flatMap(([resource, output]) => {
    const input = inputs?.[resources(inputs).get(resource) ?? ""];
    return typeof input?.name === "string" ? [{ output, input: readReference(input.name).node }] : [];
  });
  const wanted = [...tables, ...shared.map(({ output }) => output)];
  const handles = lowering.nodes(b, nodes, [...wanted.map(readReference), ...tableFillers(nodes)], new Map());
  const names = [...tables, ...shared.map(({ input }) => input)];
  return new Map(names.map((name, i) => [name, handles[i]!]));
}
