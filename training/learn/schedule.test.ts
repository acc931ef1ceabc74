import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRateAt, scheduleNames } from "./schedule.js";

const schedule = { name: "cosine", learningRate: 0.5, warmupSteps: 10, totalSteps: 1000 };

test("rises over the warm-up, then falls to its floor", () => {
  assert.ok(Math.abs(learningRateAt(schedule, 0) - 0.05) < 1e-3);
  assert.ok(Math.abs(learningRateAt(schedule, 500) - 0.5 * 0.51) < 1e-9);
  assert.ok(Math.abs(learningRateAt(schedule, 1000) - 0.01) < 1e-9);
  for (const name of scheduleNames) {
    const rates = Array.from({ length: 990 }, (_, i) => learningRateAt({ ...schedule, name }, i + 10));
    assert.ok(
      rates.every((rate, i) => rate > 0 && (i === 0 || rate <= rates[i - 1])),
      name,
    );
  }
});

test("an unknown name is refused", () => {
  assert.throws(() => learningRateAt({ ...schedule, name: "zigzag" }, 0), { code: "USAGE" });
});
