import type { RunRecord } from "../run-record.js";
import { type Html, html } from "./html.js";

/** A run's name after the spot of its colour. */
export function runLabel(runs: readonly RunRecord[], run: number): Html {
  return html`<span class="run run-${run % 6}">${runs[run].name}</span>`;
}

/** The runs' colours; nothing where there is one run. */
export function legend(runs: readonly RunRecord[]): Html {
  if (runs.length < 2) return html``;
  return html`<ul class="legend">${runs.map((_, i) => html`<li>${runLabel(runs, i)}</li>`)}</ul>`;
}
