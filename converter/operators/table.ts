import { operatorTable } from "../read/graph-model/registry.js";
import { layerTable } from "../read/layers-model/registry.js";

interface Row {
  name: string;
  becomes?: string;
  limits?: string;
}

/** What the converter knows, as a page of Markdown: `docs/operators.md`. */
export function operatorsPage(): string {
  const operators = operatorTable().map(([name, { becomes, limits }]): Row => ({ name, becomes, limits }));
  const layers = layerTable();
  return `# What is converted, and into what

Written by \`node scripts/operators.mjs\` from the registries; \`npm test\` fails while it is stale. Every row is tested
against TensorFlow.js. An empty second column: the node or layer is refused with the reason in the third.

## Layers of layers-models

${summary(layers)}

${table("layer", layers)}

## Operators of graph-models

${summary(operators)}

${table("operator", operators)}
`;
}

const summary = (rows: Row[]) =>
  `${rows.filter(({ becomes }) => becomes).length} are converted, ` +
  `${rows.filter(({ becomes }) => !becomes).length} refused.`;

function table(what: string, rows: Row[]): string {
  const cell = (text = "") => text.replaceAll("|", "\\|");
  const lines = rows.map(({ name, becomes, limits }) => `| ${name} | ${cell(becomes)} | ${cell(limits)} |`);
  return [`| ${what} | becomes | limits |`, "| --- | --- | --- |", ...lines].join("\n");
}
