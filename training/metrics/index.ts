/** Caption metrics, as coco-caption computes them: `import { scoreCaptions } from "showtell/metrics"`. */
export { bleu } from "./bleu.js";
export { CiderD, ciderD } from "./cider-d.js";
export { METRIC_NAMES, METRICS, type MetricName } from "./registry.js";
export { rougeL, rougeLOf } from "./rouge-l.js";
export { type MetricScores, type Scores, scoreCaptions } from "./score-captions.js";
export type { Candidates, Metric, MetricValue, References } from "./types.js";
