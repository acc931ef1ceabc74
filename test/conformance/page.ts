import type { Comparison } from "./compare.js";
import type { PublishedModel } from "./models.js";

/** How one model fared. */
export interface Row {
  model: PublishedModel;
  from: string;
  seconds: number;
  /** What was found; without it, the model was refused or failed. */
  comparison?: Comparison;
  ok: boolean;
  /** What is to be said of it. */
  note: string;
}

/** The table of published models as a page of Markdown: `docs/published-models.md`. */
export function publishedModelsPage(rows: Row[], summary: string): string {
  const lines = rows.map(({ model, from, comparison, note }) => {
    const { layers, nodes, transposes, outputs = [] } = comparison ?? {};
    const worst = comparison ? Math.max(...outputs.map(({ maxRelative }) => maxRelative)).toExponential(1) : "";
    const cells = [
      model.title,
      from,
      layers ?? "",
      nodes ?? "",
      transposes ?? "",
      comparison ? outputs.length : "",
      worst,
      note,
    ];
    return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  });
  return `# Published models, converted

Written by \`npm run conformance -- --write\`. Each model is fetched from npm, converted, and run in TensorFlow.js (wasm,
where not said otherwise) and in onnxruntime on the same inputs: photographs of \`samples/\`, sentences, noise. The largest
difference of any output is given as a share of that output's peak. \`npm run conformance -- --cpu\` compares with
TensorFlow.js's engine in plain JavaScript throughout.

\`${summary}\`

| model | from | layers or nodes | nodes in ONNX | of them Transpose | outputs | off by, of the peak | |
| --- | --- | --- | --- | --- | --- | --- | --- |
${lines.join("\n")}

A network of convolutions keeps one Transpose before its first convolution. The others stand where the model itself
gives the order of the elements: an output [N, H, W, C], a head that is reshaped to rows of boxes, a Gather by places.
Heads of different widths are turned one by one, since boxes of one place lie side by side in their channels.
`;
}
