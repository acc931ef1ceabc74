import assert from "node:assert/strict";
import { test } from "node:test";
import { TrainingOptions } from "../learn/options.js";
import { defaultsOf } from "../learn/resolve-options.js";
import { trainingCommands } from "./training-commands.js";

test("a stage is told by what differs from its defaults and from what it takes over", () => {
  const first = TrainingOptions.parse({ dataset: "photos", hiddenSize: 96, imagesPerBatch: 8 });
  const critical = { ...defaultsOf({ objective: "self-critical" }), objective: "self-critical" as const };
  const second = { ...TrainingOptions.parse({ ...critical, dataset: "photos", hiddenSize: 96, learningRate: 1e-4 }) };
  const stages = [{ ...first, bestEpoch: 7, backbone: first.backbone }, second];
  assert.deepEqual(trainingCommands("mine", stages).split("\n"), [
    "npx showtell train --out runs/mine-1 --dataset photos --batch 8 --hidden-size 96  # kept: epoch 7",
    "npx showtell train --out runs/mine-2 --from runs/mine-1 --objective self-critical --learning-rate 0.0001",
  ]);
});

test("a stage names the ones from which it started and learnt", () => {
  const photos = { ...TrainingOptions.parse({ dataset: "photos" }), from: undefined, teacher: undefined };
  const student = { ...photos, ...defaultsOf({ teacher: [1, 2] }), teacher: [1, 2], hiddenSize: 96 };
  assert.deepEqual(trainingCommands("mine", [photos, { ...photos, seed: 2 }, student]).split("\n"), [
    "npx showtell train --out runs/mine-1 --dataset photos",
    "npx showtell train --out runs/mine-2 --dataset photos --seed 2",
    "npx showtell train --out runs/mine-3 --teacher runs/mine-1 runs/mine-2 --hidden-size 96",
  ]);
});
