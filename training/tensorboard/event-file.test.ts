import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { test } from "node:test";
import { withFiles } from "../../test/files-on-disk.js";
import type { LogEntry } from "../learn/log.js";
import { type Event, encodeEvent } from "./event.js";
import { EventFile } from "./event-file.js";
import { logEvent } from "./log-events.js";
import { record } from "./record.js";

const step = (number: number, more: Partial<LogEntry> = {}): LogEntry =>
  ({
    kind: "step",
    step: number,
    epoch: 0,
    loss: 2.5,
    crossEntropy: 2,
    gradientNorm: 1.5,
    learningRate: 0.001,
    secondsPerStep: 0.5,
    time: 1700000000 + number,
    ...more,
  }) as LogEntry;
const epoch: LogEntry = {
  kind: "epoch",
  epoch: 0,
  step: 50,
  crossEntropy: 2,
  seconds: 60,
  scores: { "CIDEr-D": 0.5 },
  samples: [{ image: "a_b.jpg", caption: "a <b>|dog|\nruns" }],
  time: 1700000060,
};
const start = [
  { kind: "file-version", wallTime: 1700000025, step: 0 },
  { kind: "session-start", wallTime: 1700000025, step: 0 },
] as const;
const bytesOf = (events: Event[]) => Buffer.concat(events.map((event) => record(encodeEvent(event))));
const ofLog = (entries: LogEntry[]) => bytesOf([...start, ...entries.map((entry) => logEvent(entry, 0))]);

test("a run's event file is its log, also where it goes on from an earlier checkpoint", () =>
  withFiles({ "events.out.tfevents.123.host": "another program's" }, async (folder) => {
    const first = await EventFile.create(folder, []);
    for (const entry of [step(25), step(50), epoch, step(75)]) await first.add(entry);
    await writeFile(first.path, (await readFile(first.path)).subarray(0, -5)); // killed while it wrote

    const second = await EventFile.create(folder, [step(25), step(50)]);
    assert.ok(second.path > first.path, "TensorBoard goes on to files of later names alone");
    assert.equal((await readFile(first.path)).length, 0);
    assert.deepEqual(await readFile(second.path), ofLog([step(25), step(50)]));
    await second.add(epoch);
    assert.deepEqual(await readFile(second.path), ofLog([step(25), step(50), epoch]));

    const third = await EventFile.create(folder, [step(25), step(50), epoch]);
    const names = [second, third].map(({ path }) => basename(path));
    assert.deepEqual((await readdir(folder)).sort(), ["events.out.tfevents.123.host", ...names]);
  }));

test("two starts within a second, and a clock that was set back, still give a later name", () =>
  withFiles({ "events.out.tfevents.7000000000.showtell": "" }, async (folder) => {
    for (const time of [7000000001, 7000000002]) {
      assert.equal(basename((await EventFile.create(folder, [])).path), `events.out.tfevents.${time}.showtell`);
    }
  }));

test("losses, rate, norm, reward, scores and captions have their tags", () => {
  const tags = (entry: LogEntry) => {
    const event = logEvent(entry, 0);
    assert.ok(event.kind === "summary");
    return event;
  };
  assert.deepEqual(tags(step(25)).scalars, {
    "train/loss": 2.5,
    "train/cross_entropy": 2,
    "train/learning_rate": 0.001,
    "train/gradient_norm": 1.5,
    "train/seconds_per_step": 0.5,
  });
  const critical = tags(step(25, { reward: 0.4 })).scalars;
  assert.equal(critical["train/reward"], 0.4);
  assert.ok(!("train/cross_entropy" in critical), "a self-critical loss is no cross-entropy");
  assert.deepEqual(tags(epoch).scalars, { "validation/CIDEr-D": 0.5, "validation/epoch": 1 });
  assert.equal(
    tags(epoch).texts["validation/captions"],
    "| image | caption |\n| --- | --- |\n| a\\_b.jpg | a \\<b\\>\\|dog\\| runs |",
  );
});

test("a log without times gets the time at which it is read", () => {
  assert.equal(logEvent({ ...step(25), time: undefined }, 1234.5).wallTime, 1234.5);
});
