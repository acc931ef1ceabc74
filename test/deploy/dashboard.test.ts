import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../files/package-root.js";
import { assertExposed, withMetrics } from "./exposed.js";
import { readMetrics, readQuery } from "./promql.js";

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string; legendFormat: string }[];
}

interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: { name: string; type: string; query: unknown }[] };
}

const file = join(packageRoot(), "deploy", "grafana", "showtell.json");
const dashboard = JSON.parse(await readFile(file, "utf8")) as Dashboard;

/** The query as Prometheus gets it. */
function filledIn(expr: string): string {
  return expr.replaceAll("$__rate_interval", "1m").replaceAll(/\$(job|instance)\b/g, ".*");
}

test("panels have ids of their own, places that do not overlap, and queries", () => {
  const { panels } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const [i, panel] of panels.entries()) {
    const { x, y, w, h } = panel.gridPos;
    assert.ok(x >= 0 && x + w <= 24, panel.title);
    for (const { title, gridPos: other } of panels.slice(i + 1)) {
      const apart = x + w <= other.x || other.x + other.w <= x || y + h <= other.y || other.y + other.h <= y;
      assert.ok(apart, `${panel.title} and ${title} overlap`);
    }
    if (panel.type === "row") continue;
    const { targets = [] } = panel;
    assert.ok(targets.length > 0, panel.title);
    assert.equal(new Set(targets.map(({ refId }) => refId)).size, targets.length, panel.title);
    for (const { expr, legendFormat } of targets) assert.ok(expr && legendFormat, panel.title);
  }
});

test("variables that queries name are defined", () => {
  const defined = new Set(dashboard.templating.list.map(({ name }) => name));
  for (const [, name = ""] of JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g)) {
    assert.ok(name.startsWith("__") || defined.has(name), name);
  }
});

test("every series and label in the dashboard is one that a running server exposes", async () => {
  await withMetrics((exposed) => {
    const used = new Set<string>();
    for (const { targets = [] } of dashboard.panels) {
      for (const { expr } of targets) for (const name of assertExposed(filledIn(expr), exposed)) used.add(name);
    }
    for (const { query } of dashboard.templating.list) {
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec((query as { query?: string }).query ?? "") ?? [];
      if (series) assertExposed(filledIn(`count by (${label}) (${series})`), exposed);
    }
    // What the server itself counts is all shown.
    const own = [...exposed.keys()].filter((name) => name.startsWith("showtell_"));
    const stem = (name: string) => name.replace(/_(bucket|sum|count)$/, "");
    const shown = new Set([...used].map(stem));
    assert.deepEqual(
      own.filter((name) => !shown.has(stem(name))),
      [],
    );
  });
});

test("queries are read as Prometheus reads them", () => {
  assert.deepEqual(readQuery('sum by (le) (rate(a_bucket{b=~"c"}[1m])) / on (d) e'), {
    series: ["a_bucket", "e"],
    labels: ["le", "b", "d"],
  });
  assert.throws(() => readQuery("sum(rate(a[1m])"), /no PromQL/);
  const exposed = readMetrics('# TYPE a counter\na{route="/x",q="\\"}"} 1\nb 2e-3\n');
  assert.deepEqual(
    [...exposed],
    [
      ["a", new Set(["route", "q"])],
      ["b", new Set()],
    ],
  );
  assert.throws(() => assertExposed("rate(c[1m])", exposed), /not exposed/);
  assert.throws(() => assertExposed('a{status="200"}', exposed), /label status/);
});
