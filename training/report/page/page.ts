import { createHash } from "node:crypto";
import type { PictureSection } from "../picture-section.js";
import type { RunRecord } from "../run-record.js";
import { curves } from "./curves.js";
import { Html, html } from "./html.js";
import { pictureTable, sheetStyles } from "./pictures.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";
import { summary } from "./summary.js";
import { options, scoresByEpoch } from "./tables.js";

/** All that a report shows. */
export interface Report {
  runs: RunRecord[];
  sections: PictureSection[];
  /** Why some pictures are not there. */
  notes: string[];
  written: Date;
}

/** The report as one HTML document that asks for nothing outside itself: its policy forbids every request. */
export function renderPage({ runs, sections, notes, written }: Report): string {
  const hash = createHash("sha256").update(SCRIPT).digest("base64");
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const title = runs.map(({ name }) => name).join(", ");
  const date = written.toISOString().slice(0, 10);
  const sheets = sections.map(sheetStyles).join("\n");
  const pages = sections.map(({ dataset, split }, i) => ({
    href: `#pictures-${i}`,
    text: `Pictures: ${dataset} ${split}`,
  }));
  const links = [
    { href: "#summary", text: "Summary" },
    { href: "#curves", text: "Curves" },
    { href: "#scores", text: "Scores" },
    { href: "#options", text: "Options" },
    ...(pages.length === 1 ? [{ ...pages[0], text: "Pictures" }] : pages),
  ];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: showtell report</title>
<style>${new Html(STYLE)}${new Html(sheets)}</style>
</head>
<body>
<header><h1>${title}</h1><p class="note">showtell report, <time datetime="${date}">${date}</time></p></header>
<nav aria-label="Parts of the report"><ul>${links.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}</ul></nav>
<main>
${notes.map((note) => html`<p class="warning">${note}</p>`)}
${summary(runs)}
${curves(runs)}
${scoresByEpoch(runs)}
${options(runs)}
${sections.map((section, i) => pictureTable(section, i, runs))}
</main>
<footer>BLEU, ROUGE-L and CIDEr-D are as coco-caption computes them, on captions that were generated from the images alone.</footer>
<script>${new Html(SCRIPT)}</script>
</body>
</html>
`.markup;
}
