import assert from "node:assert/strict";
import { test } from "node:test";
import { noise } from "../../../test/conversion.js";
import { calibrationMethod } from "./registry.js";
import { BINS } from "./types.js";

/** Magnitudes of a bell-shaped distribution that ends at `spread` of the bins, with some far outside. */
function bell(spread: number, outliers: number): Float64Array {
  const bins = new Float64Array(BINS);
  const next = noise(3);
  for (let i = 0; i < 200_000; i++) {
    const sum = Math.abs(next() + next() + next() + next()) / 4;
    bins[Math.min(BINS - 1, Math.floor(sum * spread * BINS))]!++;
  }
  bins[BINS - 1]! += outliers;
  return bins;
}

test("a share of the magnitudes is kept, to the bin", () => {
  const bins = new Float64Array(BINS);
  bins.fill(1, 0, 1000);
  const end = (asked: string) => calibrationMethod(asked).end!(bins, 127);
  assert.deepEqual([end("percentile:90"), end("percentile:99.9"), end("percentile:100")], [900, 999, 1000]);
  assert.equal(calibrationMethod("percentile").name, "percentile:99.99");
});

test("the whole range needs no counting", () => {
  assert.deepEqual(calibrationMethod("max"), { name: "max", end: undefined });
});

test("least divergence: outliers are cut off, an even distribution is not", () => {
  const { end } = calibrationMethod("entropy");
  const cut = end!(bell(0.25, 3), 127);
  assert.ok(cut > 0.15 * BINS && cut < 0.3 * BINS, `${cut}`);
  assert.equal(end!(new Float64Array(BINS).fill(50), 128), BINS);
});

test("the divergence is the one that its definition gives, written out", () => {
  const bins = bell(0.6, 40);
  const levels = 128;
  const divergence = (end: number): number => {
    const p = bins.slice(0, end);
    for (const beyond of bins.subarray(end)) p[end - 1]! += beyond;
    const q = new Float64Array(end);
    for (let level = 0; level < levels; level++) {
      const members = [...q.keys()].filter((bin) => Math.floor((bin * levels) / end) === level);
      const filled = members.filter((bin) => bins[bin]! > 0);
      const sum = members.reduce((total, bin) => total + bins[bin]!, 0);
      for (const bin of filled) q[bin] = sum / filled.length;
    }
    const [ps, qs] = [p, q].map((list) => list.reduce((a, b) => a + b, 0));
    return p.reduce((total, own, i) => {
      return own === 0 ? total : total + (own / ps!) * Math.log(own / ps! / ((q[i] || 1e-4) / qs!));
    }, 0);
  };
  const chosen = calibrationMethod("entropy").end!(bins, levels);
  const least = divergence(chosen);
  for (let end = levels; end <= BINS; end += 60) assert.ok(divergence(end) >= least - 1e-12, `${end}`);
});

test("what is no method, or no number of it, is refused with what there is", () => {
  const usage = (message: RegExp) => ({ code: "USAGE", message });
  assert.throws(() => calibrationMethod("mean"), usage(/No calibration method "mean": max \(.*percentile.*entropy/));
  for (const asked of ["percentile:", "percentile:101", "percentile:99:1", "percentile:x"]) {
    assert.throws(() => calibrationMethod(asked), usage(/takes a number from 50 to 100/), asked);
  }
  assert.throws(() => calibrationMethod("max:3"), usage(/takes no number/));
});
