import { compareOptions } from "../compare-options.js";
import type { RunRecord } from "../run-record.js";
import { type Html, html } from "./html.js";
import { runLabel } from "./legend.js";

const SCORES = ["CIDEr-D", "BLEU-4", "ROUGE-L", "BLEU-1", "BLEU-2", "BLEU-3"];

/** A table that scrolls sideways where it is too wide. */
export function table(
  label: string,
  header: (string | Html)[],
  rows: { cells: (string | Html)[]; marked?: boolean }[],
): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table>
<thead><tr>${header.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ cells: [first, ...rest], marked }) =>
      html`<tr${marked ? html` class="marked"` : ""}><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}

/** Scores of the validation captions after each epoch, a table a run. */
export function scoresByEpoch(runs: readonly RunRecord[]): Html {
  const tables = runs.map(({ name, epochs, best, description }, run) => {
    if (epochs.length === 0) return html`<h3>${runLabel(runs, run)}</h3><p>No epoch is finished yet.</p>`;
    const critical = description.options.objective === "self-critical";
    const rows = epochs.map((entry) => ({
      marked: entry === best,
      cells: [
        html`${entry.epoch + 1}${entry === best && html` <span class="best">best</span>`}`,
        ...SCORES.map((score) => decimals(entry.scores[score])),
        decimals(entry.crossEntropy),
        duration(entry.seconds),
      ],
    }));
    return html`<h3>${runLabel(runs, run)}</h3>
${table(`Scores of ${name} by epoch`, ["epoch", ...SCORES, critical ? "loss" : "cross-entropy", "time"], rows)}
${samples(runs[run])}`;
  });
  return html`<section id="scores"><h2>Scores by epoch</h2>${tables}</section>`;
}

/** The captions that each epoch wrote for the first validation pictures. */
function samples({ name, epochs }: RunRecord): Html {
  const images = epochs[0].samples.map(({ image }) => image);
  const rows = images.map((image) => ({
    cells: [image, ...epochs.map((epoch) => epoch.samples.find((sample) => sample.image === image)?.caption ?? "")],
  }));
  return html`<details><summary>How the captions of ${images.length} pictures changed</summary>
<div class="prose">${table(`Sample captions of ${name}`, ["picture", ...epochs.map(({ epoch }) => `epoch ${epoch + 1}`)], rows)}</div></details>`;
}

/** What the runs were started with: what differs first. */
export function options(runs: readonly RunRecord[]): Html {
  const rows = compareOptions(runs);
  const header = ["option", ...runs.map((_, run) => runLabel(runs, run))];
  const cells = (list: typeof rows) =>
    list.map(({ name, values }) => ({ cells: [html`<code>${name}</code>`, ...values] }));
  const differing = rows.filter(({ differs }) => differs);
  const compared =
    differing.length > 0 ? table("Options that differ", header, cells(differing)) : html`<p>None differs.</p>`;
  return html`<section id="options"><h2>${runs.length > 1 ? "Options that differ" : "Options"}</h2>
${runs.length > 1 && compared}
<details><summary>All ${rows.length} options</summary>${table("All options", header, cells(rows))}</details></section>`;
}

export function decimals(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(3);
}

/** 45 s, 12 min, 1 h 05 min */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
