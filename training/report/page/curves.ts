import type { StepEntry } from "../../learn/log.js";
import type { RunRecord } from "../run-record.js";
import { type ChartOptions, lineChart, type Point } from "./chart.js";
import { type Html, html } from "./html.js";
import { legend } from "./legend.js";

/** Log entries over which a thick line is averaged. */
const MEAN = 9;

/** What was logged at each step and each epoch, all runs in one chart. */
export function curves(runs: readonly RunRecord[]): Html {
  const lines = (points: (run: RunRecord) => Point[]) =>
    runs.map((run, i) => ({ name: run.name, run: i, points: points(run) }));
  const bySteps = (title: string, y: string, value: (entry: StepEntry) => number | undefined, more = {}) =>
    lineChart({
      title,
      x: "step",
      y,
      wholeX: true,
      lines: lines(({ steps }) => steps.map((entry) => ({ x: entry.step, y: value(entry) ?? Number.NaN }))),
      ...more,
    });
  const byEpochs = (name: string) => {
    const points = ({ epochs }: RunRecord) => epochs.map(({ epoch, scores }) => ({ x: epoch + 1, y: scores[name] }));
    const options: ChartOptions = { title: name, x: "epoch", y: `${name} of the captions`, lines: lines(points) };
    return lineChart({ ...options, wholeX: true, marks: true });
  };
  const critical = ({ reward }: StepEntry) => reward !== undefined;
  const charts = [
    bySteps("Cross-entropy", "nats a word", (entry) => (critical(entry) ? undefined : entry.crossEntropy), {
      mean: MEAN,
    }),
    bySteps("Reward", "mean CIDEr-D of drawn captions", (entry) => entry.reward, { mean: MEAN }),
    ...["CIDEr-D", "BLEU-4", "ROUGE-L"].map(byEpochs),
    bySteps("Learning rate", "learning rate", (entry) => entry.learningRate, { fromZero: true }),
    bySteps("Gradient norm", "norm before clipping", (entry) => entry.gradientNorm, { mean: MEAN, fromZero: true }),
    bySteps("Time of a step", "seconds", (entry) => entry.secondsPerStep, { mean: MEAN, fromZero: true }),
  ].filter(({ markup }) => markup !== "");
  if (charts.length === 0) {
    return html`<section id="curves"><h2>Curves</h2><p>Nothing has been logged yet: the first entry comes after 25 steps.</p></section>`;
  }
  return html`<section id="curves"><h2>Curves</h2>
${legend(runs)}
<div class="charts">${charts}</div>
<p class="note">Where there are two lines of a colour, the thin one is as logged, every 25 steps, and the thick one its mean
over ${MEAN} entries. Scores are of the validation captions, written anew after each epoch.</p></section>`;
}
