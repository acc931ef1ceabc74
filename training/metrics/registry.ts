import { bleu } from "./bleu.js";
import { ciderD } from "./cider-d.js";
import { rougeL } from "./rouge-l.js";

/** Every metric, in the order of the tables. */
export const METRICS = [bleu, rougeL, ciderD] as const;

export type MetricName = (typeof METRICS)[number]["names"][number];

export const METRIC_NAMES: readonly MetricName[] = METRICS.flatMap((metric) => metric.names);
