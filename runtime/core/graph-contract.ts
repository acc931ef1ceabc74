import type { GraphFile, GraphRole, GraphValue, Manifest } from "./manifest.js";

type Size = number | "free";
type Expected = [name: string, dtype: GraphValue["dtype"], shape: Size[]];

/** What the graphs must take and give. Sizes that the manifest does not fix are read off the first use. */
function contract(manifest: Manifest, vocabulary: number): Record<GraphRole, Record<string, Expected[]>> {
  const { locations } = manifest.backbone.featureShape;
  const { width, height } = manifest.preprocessing;
  // The head may embed the backbone's channels in vectors of another size.
  const featureSize = lastSize(manifest.graphs.encoder, "features");
  const attentionSize = lastSize(manifest.graphs.encoder, "projected");
  const hiddenSize = lastSize(manifest.graphs.encoder, "hidden");
  const features: Expected = ["features", "float32", ["free", locations, featureSize]];
  const projected: Expected = ["projected", "float32", ["free", locations, attentionSize]];
  const hidden: Expected = ["hidden", "float32", ["free", hiddenSize]];
  const cell: Expected = ["cell", "float32", ["free", hiddenSize]];
  const image: Expected = ["image", "uint8", ["free", height, width, 3]];
  return {
    encoder: {
      inputs: [image],
      outputs: [features, projected, hidden, cell],
    },
    decoder: {
      inputs: [["token", "int64", ["free"]], hidden, cell, features, projected],
      outputs: [
        ["logits", "float32", ["free", vocabulary]],
        ["next_hidden", "float32", ["free", hiddenSize]],
        ["next_cell", "float32", ["free", hiddenSize]],
        ["attention", "float32", ["free", locations]],
      ],
    },
    captioner: {
      inputs: [image, ["max_length", "int64", []], ["beam", "int64", []]],
      outputs: [
        ["tokens", "int64", ["free", "free"]],
        ["scores", "float32", ["free"]],
        ["attention", "float32", ["free", "free", locations]],
      ],
    },
  };
}

function lastSize(graphs: Manifest["graphs"]["encoder"], output: string): Size {
  const [graph] = Object.values(graphs).filter((found): found is GraphFile => found !== undefined);
  const size = graph?.outputs.find(({ name }) => name === output)?.shape.at(-1);
  return typeof size === "number" ? size : "free";
}

/**
 * What the manifest's graphs lack of the contract: names, types, shapes (the batch is free), and the
 * sizes that must agree between them.
 * @param vocabulary number of words in the tokenizer
 * @returns one line a fault; empty if all is well
 */
export function graphFaults(manifest: Manifest, vocabulary: number): string[] {
  const faults: string[] = [];
  const expected = contract(manifest, vocabulary);
  for (const { role, precision, graph } of listGraphs(manifest)) {
    for (const side of ["inputs", "outputs"] as const) {
      const where = `${role} ${precision} ${side.slice(0, -1)}`;
      for (const value of expected[role][side] ?? []) faults.push(...valueFaults(where, graph[side], value));
      if (side === "inputs") faults.push(...surplus(where, graph.inputs, expected[role].inputs ?? []));
    }
  }
  return faults;
}

function valueFaults(where: string, values: GraphValue[], [name, dtype, shape]: Expected): string[] {
  const value = values.find((candidate) => candidate.name === name);
  if (!value) return [`${where} ${name} is missing`];
  const faults: string[] = [];
  if (value.dtype !== dtype) faults.push(`${where} ${name} has type ${value.dtype}, not ${dtype}`);
  const fits =
    value.shape.length === shape.length &&
    shape.every((size, i) => (size === "free" ? i > 0 || typeof value.shape[i] === "string" : value.shape[i] === size));
  if (!fits)
    faults.push(`${where} ${name} has shape [${value.shape}], not [${shape.map((s) => (s === "free" ? "N" : s))}]`);
  return faults;
}

function surplus(where: string, values: GraphValue[], expected: Expected[]): string[] {
  const known = new Set(expected.map(([name]) => name));
  return values.filter(({ name }) => !known.has(name)).map(({ name }) => `${where} ${name} is not known`);
}

/** The roles and precisions that a manifest lists, with their files. */
export function listGraphs(manifest: Manifest): { role: GraphRole; precision: string; graph: GraphFile }[] {
  return Object.entries(manifest.graphs).flatMap(([role, graphs]) =>
    Object.entries(graphs ?? {}).flatMap(([precision, graph]) =>
      graph ? [{ role: role as GraphRole, precision, graph }] : [],
    ),
  );
}
