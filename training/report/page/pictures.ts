import type { Picture, PictureCaption, PictureSection } from "../picture-section.js";
import type { RunRecord } from "../run-record.js";
import { lineChart } from "./chart.js";
import { type Html, html } from "./html.js";
import { runLabel } from "./legend.js";
import { decimals, table } from "./tables.js";

const SCORES = ["CIDEr-D", "BLEU-4", "ROUGE-L", "BLEU-1"] as const;
const GROUPS = { worst: "worst", middle: "in the middle", best: "best", different: "scored most differently" };
/** Width of a bar of the distribution. */
const BIN = 0.1;

/** Pictures of one data set with what the runs wrote about them. */
export function pictureTable(section: PictureSection, number: number, runs: readonly RunRecord[]): Html {
  const { pictures, images, dataset, split, notes } = section;
  const several = section.runs.length > 1;
  const sorts = section.runs.map(({ run }, i) => ({ key: `s${i}`, name: several ? ` of ${runs[run].name}` : "" }));
  const groups = (Object.keys(GROUPS) as (keyof typeof GROUPS)[]).filter((group) =>
    pictures.some((picture) => picture.group === group),
  );
  return html`<section class="pictures" id="pictures-${number}"><h2>Pictures: ${dataset} ${split}</h2>
${notes.map((note) => html`<p class="warning">${note}</p>`)}
<p>${images} pictures were captioned by the runs' best weights and scored against their references; ${pictures.length} of
them are shown as the model saw them${several && `, chosen by the scores of ${runs[section.runs[0].run].name}`}. Above each
word is where the model looked when it wrote it: point at a word, or move to it by the tab key, to see it large. Words that
no reference has are <span class="unknown">underlined</span>.</p>
<div class="split"><div>${scoreTable(section, runs)}</div>${distribution(section, runs)}</div>
<form class="controls" hidden>
<label>Show <select name="group"><option value="">all</option>${groups.map((group) => html`<option value="${group}">${GROUPS[group]}</option>`)}</select></label>
<label>Order <select name="order">${sorts.map(
    ({ key, name }) =>
      html`<option value="${key}">worst first${name}</option><option value="-${key}">best first${name}</option>`,
  )}${several && html`<option value="-spread">largest difference first</option>`}</select></label>
<label>Find <input type="search" name="text" placeholder="word or file name"></label>
<output aria-live="polite"></output>
</form>
<ol class="list">${pictures.map((picture, i) => row(picture, `${number}-${i}`, several, runs))}</ol></section>`;
}

/** The pictures' sheets as rules of style: each is in the file once, and drawn wherever a word needs a part of it. */
export function sheetStyles(section: PictureSection, number: number): string {
  return section.pictures
    .flatMap(({ captions }, i) =>
      captions.map(
        ({ attention, run }) => `.${sheet(`${number}-${i}`, run)}{background-image:url(${attention.source})}`,
      ),
    )
    .join("\n");
}

const sheet = (picture: string, run: number) => `m${picture}-${run}`;

function scoreTable({ runs: scored }: PictureSection, runs: readonly RunRecord[]): Html {
  const rows = scored.map(({ run, beam, scores }) => ({
    cells: [runLabel(runs, run), ...SCORES.map((name) => decimals(scores[name])), String(beam)],
  }));
  return table("Scores of the captions shown", ["run", ...SCORES, "beam"], rows);
}

/** How many pictures have which score. */
function distribution({ runs: scored }: PictureSection, runs: readonly RunRecord[]): Html {
  const lines = scored.map(({ run, perImage }) => {
    const highest = perImage.reduce((a, b) => Math.max(a, b));
    const bins = Array.from({ length: Math.floor(highest / BIN) + 1 }, () => 0);
    for (const score of perImage) bins[Math.floor(score / BIN)]++;
    return { name: runs[run].name, run, points: bins.map((count, bin) => ({ x: (bin + 0.5) * BIN, y: count })) };
  });
  const title = "How many pictures have which score";
  return lineChart({ title, x: "CIDEr-D of a picture", y: `pictures, by ${BIN}`, lines, fromZero: true });
}

function row(picture: Picture, id: string, several: boolean, runs: readonly RunRecord[]): Html {
  const { image, group, thumbnail, captions, references } = picture;
  const ciderD = captions.map(({ scores }) => scores["CIDEr-D"]);
  const scores = ciderD.map((score, i) => html` data-s${i}="${score}"`);
  const spread = Math.max(...ciderD) - Math.min(...ciderD);
  return html`<li class="picture" data-group="${group}"${scores} data-spread="${spread}" style="--ratio:${(thumbnail.width / thumbnail.height).toFixed(4)}">
<figure><div class="view"><img src="${thumbnail.source}" width="${thumbnail.width}" height="${thumbnail.height}" alt="${captions[0].sentence}" loading="lazy"><span class="look" aria-hidden="true"></span></div>
<figcaption>${image}</figcaption></figure>
<div class="captions">${captions.map((caption) => captionBlock(caption, id, several, runs))}</div>
<div class="references"><h4>References</h4><ul>${references.map((text) => html`<li>${text}</li>`)}</ul></div>
</li>`;
}

function captionBlock(caption: PictureCaption, id: string, several: boolean, runs: readonly RunRecord[]): Html {
  const { run, sentence, words, scores, attention } = caption;
  const { columns, rows } = attention;
  const word = ({ text, known }: PictureCaption["words"][number], i: number) => {
    const place = `--c:${i % columns};--r:${Math.floor(i / columns)}`;
    return html`<li><button type="button" style="${place}"><span class="map ${sheet(id, run)}"></span><span${known ? "" : html` class="unknown"`}>${text}</span></button></li>`;
  };
  return html`<div class="caption">${several && html`<p class="by">${runLabel(runs, run)}</p>`}
<p class="sentence">${sentence === "" ? "(no words)" : sentence}</p>
<p class="score"><span class="bar" style="--share:${Math.min(1, scores["CIDEr-D"] / 2).toFixed(3)}"></span><b>${decimals(scores["CIDEr-D"])}</b> CIDEr-D <span class="note">${SCORES.slice(1, 3).map((name) => ` · ${name} ${decimals(scores[name])}`)}</span></p>
<ul class="words" data-sheet="${sheet(id, run)}" style="--cs:${columns};--rs:${rows}">${words.map(word)}</ul></div>`;
}
