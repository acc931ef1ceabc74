import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { picture, post, type Served, withServer } from "../served.js";
import { type Exposed, readMetrics, readQuery } from "./promql.js";

/** What Prometheus adds to what it scrapes. */
const TARGET = ["job", "instance", "namespace", "pod"];

/** Lends a running server that has answered requests of every kind, and the series that it exposes. */
export async function withMetrics(use: (exposed: Exposed, served: Served) => Promise<void> | void): Promise<void> {
  await withServer({}, async (served) => {
    const { url } = served;
    await post(url, await picture());
    await post(url, Buffer.from("no image"));
    // Garbage is collected sooner or later.
    for (let i = 0; i < 200; i++) {
      const exposed = readMetrics(await (await fetch(`${url}/metrics`)).text());
      if (exposed.has("nodejs_gc_duration_seconds_sum")) return void (await use(exposed, served));
      Array.from({ length: 100_000 }, (_, at) => ({ at }));
      await sleep(20);
    }
    assert.fail("the server tells of no garbage collection");
  });
}

/** Fails unless all that a query reads is exposed. @returns the series */
export function assertExposed(query: string, exposed: Exposed): string[] {
  const { series, labels } = readQuery(query);
  assert.ok(series.length > 0, `${query} reads nothing`);
  const known = new Set(TARGET);
  for (const name of series) {
    const own = exposed.get(name);
    assert.ok(own, `${name} of ${query} is not exposed`);
    for (const label of own) known.add(label);
  }
  for (const label of labels) assert.ok(known.has(label), `no series of ${query} has the label ${label}`);
  return series;
}
