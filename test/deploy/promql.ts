import { parser } from "@prometheus-io/lezer-promql";

/** What a query reads: series, and labels that it matches or groups by. */
export interface QueryParts {
  series: string[];
  labels: string[];
}

/** Reads a PromQL query with Prometheus's own grammar. @throws Error if it is none */
export function readQuery(query: string): QueryParts {
  const parts: QueryParts = { series: [], labels: [] };
  parser.parse(query).iterate({
    enter({ type, name, from, to }) {
      const text = query.slice(from, to);
      if (type.isError) throw new Error(`no PromQL at ${from}: ${query}`);
      if (name === "Identifier") parts.series.push(text);
      if (name === "LabelName") parts.labels.push(text);
    },
  });
  return parts;
}

/** Series by name with their labels, as a server exposes them. */
export type Exposed = Map<string, Set<string>>;

/** Reads the text that a server answers at /metrics. */
export function readMetrics(text: string): Exposed {
  const exposed: Exposed = new Map();
  for (const line of text.split("\n")) {
    const [, name, labels = ""] = /^([a-z_][a-z0-9_]*)(?:\{(.*)\})? \S+$/i.exec(line) ?? [];
    if (!name) continue;
    const known = exposed.get(name) ?? new Set();
    for (const [, label = ""] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g)) known.add(label);
    exposed.set(name, known);
  }
  return exposed;
}
