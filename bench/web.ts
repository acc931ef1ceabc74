import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCaptioner, resolveModel } from "../runtime/node/index.js";
import type { Timings } from "../runtime/web/types.js";
import { findBrowser, Page } from "../test/browser.js";
import { serveStatic } from "../test/static-server.js";
import { SAMPLES } from "../test/web-page.js";
import { bundleRuntime } from "../web-demo/build/runtime.js";

/**
 * What the browser runtime takes beside Node's, both with one thread, on the same picture in the same run.
 * Usage: npm run bench:web [-- ROUNDS [MODEL]]
 */
const rounds = Number(process.argv[2] ?? 10);
const model = resolveModel(process.argv[3]);
const PICTURE = "dog.jpg";

const browser = findBrowser();
if (!browser) {
  console.error("There is no Chromium: install one, or name it in $CHROME.");
  process.exit(1);
}
const folder = await mkdtemp(join(tmpdir(), "showtell-bench-web-"));
await bundleRuntime(folder);
const html = '<!doctype html><title>bench</title><script type="module" src="bench.js"></script>';
const script = 'import * as showtell from "./showtell/index.js"; globalThis.showtell = showtell;';
const server = await serveStatic({
  folders: { "/showtell": folder, "/model": model, "/samples": SAMPLES },
  texts: { "/page": html, "/bench.js": script },
});
const page = await Page.open(browser, `${server.url}page`);
await page.until("globalThis.showtell");
const load = () =>
  page.evaluate<number>(`(async () => {
    globalThis.captioner?.dispose();
    const began = performance.now();
    globalThis.captioner = await showtell.loadCaptioner("model", { device: "wasm", threads: 1 });
    return performance.now() - began;
  })()`);
const [first, second] = [await load(), await load()];
const web = await page.evaluate<{ timings: (Timings & { total: number })[]; longest: number }>(`(async () => {
  const tasks = [0];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: "longtask", buffered: false });
  const picture = await (await fetch("samples/${PICTURE}")).blob();
  const timings = [];
  for (let round = -2; round < ${rounds}; round++) {
    const began = performance.now();
    const { timings: parts } = await captioner.caption(picture);
    if (round >= 0) timings.push({ ...parts, total: performance.now() - began });
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  return { timings, longest: Math.max(...tasks) };
})()`);
await page.close();
await server.close();
await rm(folder, { recursive: true });

const node = await loadCaptioner(model, { workers: 1, threads: 1 });
const times: number[] = [];
for (let round = -2; round < rounds; round++) {
  const began = performance.now();
  await node.caption(join(SAMPLES, PICTURE));
  if (round >= 0) times.push(performance.now() - began);
}
await node.close();

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const of = (part: keyof (typeof web.timings)[number]) => median(web.timings.map((timings) => timings[part]));
const rows: [string, string][] = [
  ["load, from the network of this machine", `${first.toFixed(0)} ms`],
  ["load, from the cache", `${second.toFixed(0)} ms`],
  ["picture", `${of("picture").toFixed(1)} ms`],
  ["encoder", `${of("encoder").toFixed(1)} ms`],
  ["decoder", `${of("decoder").toFixed(1)} ms`],
  ["caption", `${of("total").toFixed(1)} ms`],
  ["caption in Node", `${median(times).toFixed(1)} ms`],
  ["browser / Node", (of("total") / median(times)).toFixed(2)],
  ["longest task of the page (0: none over 50 ms)", `${web.longest.toFixed(0)} ms`],
];
console.log(`${node.manifest.name}, ${node.precision}, one thread, median of ${rounds} captions of ${PICTURE}`);
for (const [what, value] of rows) console.log(`${what.padEnd(48)}${value.padStart(10)}`);
