import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { writeRun } from "../../test/write-run.js";
import { startEngine } from "../engine/index.js";
import { initializeParameters } from "../model/initialize.js";
import { decoderByName, decoders } from "../model/registry.js";
import type { CaptionBatch, CaptionerConfig, Decoder, Parameters, ParameterValues } from "../model/types.js";
import { uniform } from "../random/seeded.js";
import { Vocabulary } from "../text/index.js";
import { Adam, adamDefaults } from "./adam/adam.js";
import { layOutCaptions } from "./batches.js";
import { CrossEntropy } from "./cross-entropy.js";
import { TrainingOptions } from "./options.js";
import { trainingStep } from "./step.js";
import { Teachers } from "./teachers.js";

const vocabulary = new Vocabulary(["a", "b", "c", "d", "e", "f"]);
const configOf = ({ name }: Decoder, hiddenSize = 16): CaptionerConfig => ({
  decoder: name,
  locations: 4,
  channels: 6,
  featureSize: hiddenSize,
  featureEmbedding: true,
  attentionSize: 8,
  embeddingSize: 8,
  hiddenSize,
  vocabularySize: vocabulary.size,
});
const [softAttention, adaptive] = [decoderByName("soft-attention"), decoderByName("adaptive")];
const backbone = { name: "", layer: "top", weightsSha256: "ab", notices: [] };
const N = 3;
const captions = [
  [4, 5, 6, 7],
  [8, 9],
  [6, 6, 5, 4],
].map((words) => [{ words, weight: 1, ended: true }]);
const random = uniform(4, "features");
const features = Float32Array.from({ length: N * 24 }, () => random() * 4 - 2);

let folder: string;
const path = (name: string) => join(folder, name);

/** Weights of a captioner that is sure of some words and not of others. */
function valuesOf(decoder: Decoder, config: CaptionerConfig, seed: number): ParameterValues {
  const values = initializeParameters(decoder.parameters(config), seed);
  for (const name of decoder.logits) values[name] = values[name]!.map((value) => value * 6);
  return values;
}

async function writeTeacher(name: string, decoder: Decoder, seed: number, given = {}): Promise<void> {
  const config = configOf(decoder);
  const weights = { specs: decoder.parameters(config), values: valuesOf(decoder, config, seed) };
  await writeRun(path(name), config, weights, { vocabulary, backbone, ...given });
}

/** What a captioner predicts at each place of a batch among the words that may be written, in plain arithmetic. */
function predicted(
  decoder: Decoder,
  config: CaptionerConfig,
  values: ParameterValues,
  batch: CaptionBatch,
): number[][] {
  const logits = tf.tidy(() => {
    const parameters: Parameters = Object.fromEntries(
      decoder.parameters(config).map(({ name, shape }) => [name, tf.tensor(values[name]!, shape)]),
    );
    const input = tf.tensor3d(batch.features, [N, 4, 6]);
    return decoder.teacherForced(parameters, batch, input, config, (_, x) => x).logits.arraySync();
  });
  return logits.map((row) => {
    const mass = row.map((logit, word) => ([0, 1, 3].includes(word) ? 0 : Math.exp(logit)));
    const sum = mass.reduce((total, one) => total + one, 0);
    return mass.map((one) => one / sum);
  });
}

const student = (trunk = undefined) => ({
  backbone: backbone as never,
  vocabulary,
  config: configOf(softAttention),
  trunk,
});

before(async () => {
  await startEngine("wasm");
  folder = await mkdtemp(join(tmpdir(), "showtell-teachers-"));
  await writeTeacher("one", softAttention, 11);
  await writeTeacher("two", adaptive, 12);
});
after(() => rm(folder, { recursive: true }));

test("an ensemble of different decoders predicts the mean of what each does", async () => {
  const batch = layOutCaptions(captions, features);
  const teachers = await Teachers.open([path("one"), path("two")], student());
  const found = await teachers.predict(batch);
  teachers.dispose();
  const [one, two] = [[softAttention, 11] as const, [adaptive, 12] as const].map(([decoder, seed]) => {
    const config = configOf(decoder);
    return predicted(decoder, config, valuesOf(decoder, config, seed), batch);
  }) as [number[][], number[][]];
  const expected = one.flatMap((row, place) => row.map((p, word) => (p + two[place]![word]!) / 2));
  assert.equal(found.length, expected.length);
  for (const [i, p] of expected.entries()) assert.ok(Math.abs(found[i]! - p) < 1e-5, `${i}: ${found[i]} for ${p}`);
});

for (const decoder of decoders) {
  test(`${decoder.name}: a smaller student comes to predict what its teacher does`, async () => {
    const teachers = await Teachers.open([path("one")], student());
    const config = configOf(decoder, 12);
    const specs = decoder.parameters(config);
    const run = {
      decoder,
      config,
      trainImages: captions.map(([{ words }], feature) => ({ feature, captions: [words] })),
    };
    const options = TrainingOptions.parse({ dataset: "", teacherShare: 1, labelSmoothing: 0, captionsPerImage: 1 });
    const objective = new CrossEntropy(run as never, options, teachers);
    const adam = Adam.start(initializeParameters(specs, 5));
    const plan = { indices: [0, 1, 2], features, epoch: 0, progress: 0 };
    /** Largest difference of a probability. */
    const distance = (batch: CaptionBatch) =>
      Math.max(
        ...predicted(decoder, config, adam.values, batch).flatMap((row, place) =>
          row.map((p, word) => Math.abs(p - batch.soft!.probabilities[place * row.length + word]!)),
        ),
      );
    const { batch } = await objective.batch({ ...plan, step: 0, values: adam.values });
    const first = distance(batch);
    for (let step = 0; step < 300; step++) {
      const learning = { labelSmoothing: 0, attentionWeight: 0, dropout: {}, seed: 1, forbidden: [0, 1, 3] };
      const { gradients } = await trainingStep(decoder, config, specs, adam.values, batch, step, learning);
      adam.update(gradients, 0.02, { ...adamDefaults, averageDecay: 0 });
    }
    const last = distance(batch);
    objective.dispose();
    assert.ok(first > 0.2 && last < 0.02, `${first} -> ${last}`);
  });
}

test("a teacher with other words, other features or another tuned part is refused", async () => {
  const refused = (name: string, message: RegExp) =>
    assert.rejects(Teachers.open([path("one"), path(name)], student()), { code: "USAGE", message });
  await writeTeacher("words", softAttention, 1, { vocabulary: new Vocabulary(["a", "b", "c", "d", "e", "x"]) });
  await refused("words", /words has another vocabulary/);
  await writeTeacher("weights", softAttention, 1, { backbone: { ...backbone, weightsSha256: "cd" } });
  await refused("weights", /weights reads other features/);
  await writeTeacher("layer", softAttention, 1, { backbone: { ...backbone, layer: "middle" } });
  await refused("layer", /layer reads other features/);
  const tuned = { ...configOf(softAttention), trunk: { stage: "low", locations: 4, channels: 6 } };
  await writeTeacher("tuned", softAttention, 1, { captioner: tuned });
  await refused("tuned", /tuned reads other features.*--fine-tune/);
});
