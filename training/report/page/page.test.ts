import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lineChart, movingMean } from "./chart.js";
import { escapeHtml, html } from "./html.js";
import { linearScale } from "./scale.js";

test("text in a template stays text, templates in templates stay markup", () => {
  const hostile = `<script>alert("x")</script> & 'it'`;
  const { markup } = html`<p title="${hostile}">${[hostile, html`<b>${1}</b>`]}${undefined}${false}</p>`;
  const escaped = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;it&#39;";
  assert.equal(markup, `<p title="${escaped}">${escaped}<b>1</b></p>`);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !/[<>"'\0]/.test(escapeHtml(text))));
});

test("ticks are round numbers within the axis, few, and written so that they differ", () => {
  const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(finite, fc.double({ min: 1e-6, max: 1e9, noNaN: true }), fc.boolean(), (low, span, round) => {
      fc.pre(span > Math.abs(low) * 1e-3);
      const scale = linearScale(low, low + span, { round });
      assert.ok(scale.ticks.length >= 2 && scale.ticks.length <= 8, `${scale.ticks}`);
      assert.equal(new Set(scale.ticks.map(scale.format)).size, scale.ticks.length, `${scale.ticks}`);
      for (const tick of scale.ticks) assert.ok(scale.place(tick) > -1e-6 && scale.place(tick) < 1 + 1e-6);
      if (round) assert.ok(scale.place(low) >= -1e-6 && scale.place(low + span) <= 1 + 1e-6);
    }),
  );
  const written = (low: number, high: number) => {
    const { ticks, format } = linearScale(low, high, { round: true, ticks: 4 });
    return ticks.map(format);
  };
  assert.deepEqual(written(0, 0.49), ["0", "0.2", "0.4", "0.6"]);
  assert.deepEqual(written(0, 0.0005), ["0", "2e-4", "4e-4", "6e-4"]);
  assert.deepEqual(written(0, 0.00005), ["0", "2e-5", "4e-5", "6e-5"]);
  assert.deepEqual(written(0, 40000), ["0", "10k", "20k", "30k", "40k"]);
  assert.deepEqual(linearScale(1, 3, { whole: true }).ticks, [1, 2, 3]);
});

test("a chart of one point, of equal values and of none", () => {
  const chart = (ys: number[]) =>
    lineChart({
      title: "<t>",
      x: "step",
      y: "loss",
      lines: [{ name: "run", run: 0, points: ys.map((y, i) => ({ x: i, y })) }],
    }).markup;
  assert.equal(chart([]), "");
  assert.equal(chart([Number.NaN]), "");
  for (const ys of [[1], [0], [2, 2, 2], [1, Number.NaN, 3]]) {
    assert.doesNotMatch(chart(ys), /NaN|Infinity|undefined|<t>/, `${ys}`);
    assert.match(chart(ys), /aria-label="&lt;t&gt; over step\. run: /);
  }
  assert.match(chart([1]), /<circle/);
});

test("a moving mean keeps a straight line, its ends included", () => {
  const line = Array.from({ length: 20 }, (_, x) => ({ x, y: 3 * x + 1 }));
  for (const [i, { y }] of movingMean(line, 9).entries()) assert.ok(Math.abs(y - line[i].y) < 1e-9);
  assert.deepEqual(
    movingMean(
      [0, 3, 0].map((y, x) => ({ x, y })),
      9,
    )[1],
    { x: 1, y: 1 },
  );
});
