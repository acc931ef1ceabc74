import type { RunRecord } from "../run-record.js";
import { type Html, html } from "./html.js";
import { runLabel } from "./legend.js";
import { decimals, duration } from "./tables.js";

/** Each run at a glance: its best scores, how far it is, on what it learns. */
export function summary(runs: readonly RunRecord[]): Html {
  return html`<section id="summary" aria-label="Summary" class="cards">${runs.map((_, run) => card(runs, run))}</section>`;
}

function card(runs: readonly RunRecord[], run: number): Html {
  const { best, epochs, description } = runs[run];
  const { options, dataset, backbone, captioner, engine } = description;
  const figure = (name: string) =>
    html`<div class="figure"><dd>${decimals(best?.scores[name])}</dd><dt>${name}</dt></div>`;
  const from = options.from === undefined ? "" : ` from ${options.from.split("/").filter(Boolean).at(-1)}`;
  return html`<article class="card"><h2>${runLabel(runs, run)}</h2>
<dl class="figures">${["CIDEr-D", "BLEU-4", "ROUGE-L"].map(figure)}</dl>
<p>${best ? `Best of ${epochs.length} ${epochs.length === 1 ? "epoch" : "epochs"}: the ${ordinal(best.epoch + 1)}.` : "No epoch is finished yet."} ${progress(runs[run])}</p>
<p class="note">${options.objective}${from} · ${captioner.decoder} on ${backbone.name} · ${dataset.name}, ${dataset.trainImages} images · ${engine}</p></article>`;
}

/** How far a run is. */
function progress({ steps, epochs, description }: RunRecord): string {
  const planned = description.options.epochs;
  const last = Math.max(steps.at(-1)?.step ?? 0, epochs.at(-1)?.step ?? 0);
  const spent = epochs.reduce((sum, { seconds }) => sum + seconds, 0);
  const time = spent > 0 ? ` in ${duration(spent)} of training` : "";
  if (last === 0) return "Nothing is logged yet.";
  return `${last} steps${time}${epochs.length < planned ? `; ${planned} epochs at most` : ""}.`;
}

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${suffix}`;
}
