import type { Manifest } from "../../runtime/core/index.js";
import { trainingCommands } from "./training-commands.js";

const number = (value: number) => value.toFixed(4);

function table(header: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The commands that train it again. */
function again({ name, training: { stages, members } }: Manifest): string {
  if (!Array.isArray(stages)) return "";
  const joined = Array.isArray(members) ? ` Its members are the runs ${members.join(", ")} of these:` : "";
  return `${joined} Again, with the data set at hand:\n\n\`\`\`sh\n${trainingCommands(name, stages)}\n\`\`\``;
}

/** How the backbone came to its weights, as the stages of the training tell. */
function howTrained({ stages = [] }: Manifest["training"]): string {
  const tuned = (stages as { fineTune?: unknown }[]).find(({ fineTune }) => fineTune !== undefined);
  if (!tuned) return "frozen";
  return tuned.fineTune === "all" ? "fine-tuned" : `fine-tuned above \`${tuned.fineTune}\``;
}

const CAPTIONER =
  " The captioner is both in one graph: `image`, `max_length` and `beam` in, `tokens`, `scores` and `attention` out. It reads its weights from the files of the other two, which must lie beside it.";

/** How int8 came about: ranges, losses, and what stays in float32. */
function quantizationSection({ quantization }: Manifest): string {
  if (!quantization) return "";
  const { method, images, leastDecibels, graphs } = quantization;
  const rows = Object.entries(graphs).map(([graph, { quantized, lowest }]) => [
    graph,
    String(quantized),
    lowest ? `${lowest.decibels} dB, \`${lowest.node}\` (${lowest.op})` : "",
  ]);
  const kept = Object.entries(graphs).flatMap(([graph, { inFloat }]) =>
    inFloat.map(({ node, op, reason }) => `\n- ${graph}, \`${node}\` (${op}): ${reason}`),
  );
  return (
    `## int8\n\nRanges by \`${method}\`, seen on ${images} images; a node of less than ${leastDecibels} dB stays in float32.\n\n` +
    table(["graph", "nodes on bytes", "lowest signal-to-noise ratio"], rows) +
    (kept.length > 0 ? `\n\nIn float32:\n${kept.join("")}` : "")
  );
}

/** The model card (README.md of a model folder), made from the manifest alone. */
export function modelCard(manifest: Manifest): string {
  const { backbone, training, evaluation, parity, licence } = manifest;
  const { width, height, resize } = manifest.preprocessing;
  const files = Object.entries(manifest.graphs).flatMap(([role, graphs]) =>
    Object.entries(graphs ?? {}).flatMap(([precision, graph]) =>
      graph ? [[role, precision, `\`${graph.file}\``, `${(graph.bytes / 1e6).toFixed(1)} MB`]] : [],
    ),
  );
  const scores = evaluation.map((entry) => [
    `${entry.dataset} ${entry.split} (${entry.images} images)`,
    entry.precision,
    String(entry.beam),
    ...["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr-D"].map((name) => number(entry.scores[name])),
  ]);
  const sections = [
    `# ${manifest.name}\n\n${manifest.description}`,
    `## Use\n\n\`\`\`sh\nnpx showtell caption photo.jpg --model models/${manifest.name}\n\`\`\`\n\n` +
      `The encoder reads uint8 RGB [N, ${height}, ${width}, 3] (the picture ${
        resize === "stretch" ? "stretched" : "cropped"
      } to that size; normalisation is inside the graph); the decoder writes one word a call.${
        manifest.graphs.captioner ? CAPTIONER : ""
      } Names, shapes and types are in \`model.json\`.`,
    `## Files\n\n${table(["graph", "precision", "file", "size"], files)}`,
    scores.length === 0
      ? ""
      : `## Scores\n\nOf captions generated from the image alone, as coco-caption computes them, measured by \`showtell evaluate\`.\n\n${table(
          ["data", "precision", "beam", "BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4", "ROUGE-L", "CIDEr-D"],
          scores,
        )}`,
    `## Training\n\nBackbone ${backbone.name}, cut at \`${backbone.layer}\`, ${howTrained(training)}; trained on ${training.dataset}.${again(manifest)}\n\n\`\`\`json\n${JSON.stringify(
      training,
      null,
      2,
    )}\n\`\`\``,
    `## Parity with TensorFlow.js\n\n${table(
      ["graph", "precision", "output", "largest difference", "relative to the peak", "bound"],
      parity.map((row) => [
        row.graph,
        row.precision,
        row.output,
        row.maxAbsolute.toExponential(1),
        row.maxRelative.toExponential(1),
        row.cosine === undefined ? String(row.tolerance) : `cosine ${row.cosine.toFixed(5)}`,
      ]),
    )}${
      parity.some(({ cosine }) => cosine !== undefined)
        ? "\n\nint8 is compared with the graphs in float32, on the inputs that it was calibrated on."
        : ""
    }`,
    quantizationSection(manifest),
    "## Limits\n\nIt describes what its training pictures show, in their words; it can be wrong, and it is sure of nothing. It repeats what captioners tend to guess, such as the gender and the activity of people. Have a person check captions on which something depends.",
    `## Licence\n\n${licence.model}.\n${licence.notices.map((notice) => `\n- ${notice}`).join("")}`,
  ];
  return `${sections.filter(Boolean).join("\n\n")}\n`;
}
