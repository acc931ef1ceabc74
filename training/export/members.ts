import type { Graph } from "../../converter/index.js";
import { joinMembers } from "./ensemble/index.js";
import {
  type Arithmetic,
  buildGraphs,
  checkParity,
  type ExportedGraphs,
  type GraphParity,
  storedAs,
} from "./graphs.js";
import type { OpenRun } from "./open-run.js";

/** The graphs of the runs that make a model, and of the model: those of its one run, or of an ensemble. */
export interface Built {
  runs: readonly OpenRun[];
  members: ExportedGraphs[];
  encoder: Graph;
  decoder: Graph;
}

/** In float32. */
export async function buildMembers(runs: readonly OpenRun[]): Promise<Built> {
  const members: ExportedGraphs[] = [];
  for (const { backbone, captioner } of runs) members.push(await buildGraphs(backbone, captioner));
  const [only] = members as [ExportedGraphs];
  if (runs.length === 1) return { runs, members, encoder: only.encoder, decoder: only.decoder };
  const parts = await Promise.all(
    runs.map(async ({ backbone }, i) => ({
      backbone: await backbone.graph(),
      backboneSha256: backbone.weightsSha256,
      head: members[i]!.head,
      decoder: members[i]!.decoder,
    })),
  );
  return { runs, members, ...joinMembers(parts) };
}

/** Each run's graphs beside TensorFlow.js. */
export async function checkMembers(
  { runs, members }: Built,
  precision: "fp32" | "fp16",
  compute?: Arithmetic,
): Promise<GraphParity[]> {
  const rows: GraphParity[] = [];
  const stored = members.map((graphs) => storedAs(graphs, precision, compute ?? "fp32"));
  for (const [i, { backbone, captioner }] of runs.entries()) {
    const found = await checkParity(backbone, captioner, stored[i]!, precision, compute);
    rows.push(...found.map((row) => (runs.length === 1 ? row : { ...row, graph: `${row.graph} ${i + 1}` })));
  }
  return rows;
}
