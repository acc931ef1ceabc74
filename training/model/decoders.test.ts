import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "../engine/index.js";
import { layOutBatch } from "../learn/batches.js";
import { trainingStep } from "../learn/step.js";
import { uniform } from "../random/seeded.js";
import { initializeParameters } from "./initialize.js";
import { decoders } from "./registry.js";
import type { CaptionerConfig, Decoder, ParameterSpec, ParameterValues } from "./types.js";
import { setLayerWeights } from "./weights.js";

/** With and without embedded features, where the decoder lets one choose. */
function configsOf({ name, featureSize }: Decoder): [string, CaptionerConfig][] {
  const sizes = { locations: 5, channels: 6, attentionSize: 4, embeddingSize: 3, hiddenSize: 8, vocabularySize: 11 };
  const own = featureSize?.({ featureSize: 0, hiddenSize: sizes.hiddenSize });
  const embedded: CaptionerConfig = { ...sizes, decoder: name, featureSize: own ?? 7, featureEmbedding: true };
  const plain: CaptionerConfig = { ...embedded, featureSize: sizes.channels, featureEmbedding: false };
  return own === undefined
    ? [
        ["embedded features", embedded],
        ["plain features", plain],
      ]
    : [["embedded features", embedded]];
}

const captions = [
  [
    [4, 5, 6, 7],
    [8, 9],
  ],
  [[10], [4, 10, 5]],
  [[6, 6, 6, 6, 6]],
];
const images = captions.map((own, feature) => ({ feature, captions: own }));
const options = { imagesPerBatch: 3, captionsPerImage: 2, maxLength: 20, seed: 1 };

/** Values away from zero, so that no part of the formula is dead. */
function randomValues(specs: ParameterSpec[]): ParameterValues {
  const values = initializeParameters(specs, 3);
  const random = uniform(3, "biases");
  for (const [name, array] of Object.entries(values)) {
    if (name.endsWith("bias") || name.endsWith("beta"))
      array.forEach((_, i) => {
        array[i] += random() - 0.5;
      });
  }
  // Units of the ReLU are well on or well off: finite differences mean nothing across its corner.
  values["feature_embedding/bias"]?.forEach((_, i, bias) => {
    bias[i] = i % 3 === 0 ? -4 : 4;
  });
  return values;
}

const stepOptions = {
  labelSmoothing: 0.1,
  attentionWeight: 0.5,
  dropout: { features: 0.2, state: 0.3, output: 0.3 },
  seed: 5,
};

function randomFeatures(config: CaptionerConfig): Float32Array {
  const random = uniform(7, "features");
  return Float32Array.from({ length: 3 * config.locations * config.channels }, () => random() * 2);
}

const losses = new Map<string, number>();

for (const engine of ["cpu", "wasm", "node"] as const) {
  test(`on the engine ${engine}`, async (t) => {
    const started = await startEngine(engine).catch(() => undefined);
    if (!started) return t.skip("it is not installed");
    for (const decoder of decoders) {
      for (const [features, config] of configsOf(decoder)) {
        const name = `${decoder.name}, ${features}`;
        await t.test(`${name}: the step-wise layers give the logits of teacher forcing`, () =>
          stepsAgree(decoder, config),
        );
        await t.test(`${name}: gradients agree with finite differences`, () => gradientsAgree(decoder, config));
        await t.test(`${name}: the loss is that of the other engines`, () => lossesAgree(name, decoder, config));
      }
      await t.test(`${decoder.name}: tensors are given back`, () =>
        tensorsGivenBack(decoder, configsOf(decoder)[0][1]),
      );
    }
  });
}

function stepsAgree(decoder: Decoder, config: CaptionerConfig): void {
  const specs = decoder.parameters(config);
  const values = randomValues(specs);
  const features = randomFeatures(config);
  const batch = layOutBatch(images, [0, 1, 2], features, 0, options);
  tf.tidy(() => {
    const parameters = Object.fromEntries(specs.map((spec) => [spec.name, tf.tensor(values[spec.name], spec.shape)]));
    const input = tf.tensor3d(features, [3, config.locations, config.channels]);
    const forced = decoder.teacherForced(parameters, batch, input, config, (_, x) => x);
    const logits = forced.logits.arraySync();

    const head = decoder.head(config);
    const step = decoder.step(config);
    setLayerWeights(head, specs, values);
    setLayerWeights(step, specs, values);
    const [embedded, projected, hidden, cell] = head.predict(input) as tf.Tensor[];
    const expected: { at: string; logits: number[] }[] = [];
    const rowsOf = (n: number, x: tf.Tensor) => x.slice([n], [1]);
    captions.forEach((own, n) => {
      const sorted = [...own].sort((a, b) => b.length - a.length);
      sorted.forEach((caption, k) => {
        let state = [rowsOf(n, hidden), rowsOf(n, cell)];
        [1, ...caption].forEach((token, t) => {
          const outputs = step.predict([
            tf.tensor2d([token], [1, 1], "int32"),
            ...state,
            rowsOf(n, embedded),
            rowsOf(n, projected),
          ]) as tf.Tensor[];
          expected.push({ at: `${t}/${k}/${n}`, logits: (outputs[0].arraySync() as number[][])[0] });
          state = [outputs[1], outputs[2]];
          // Only a sentinel takes a share of the attention.
          const sum = outputs[3].sum().arraySync() as number;
          assert.ok(decoder.name === "adaptive" ? sum > 0 && sum < 1 : Math.abs(sum - 1) < 1e-6, `${sum}`);
        });
      });
    });
    expected.sort((a, b) => (a.at < b.at ? -1 : 1));
    assert.equal(logits.length, expected.length);
    logits.forEach((row, i) => {
      row.forEach((value, v) => {
        assert.ok(
          Math.abs(value - expected[i].logits[v]) < 1e-5,
          `${expected[i].at} word ${v}: ${value} ${expected[i].logits[v]}`,
        );
      });
    });
  });
}

async function gradientsAgree(decoder: Decoder, config: CaptionerConfig): Promise<void> {
  const specs = decoder.parameters(config);
  const values = randomValues(specs);
  const batch = layOutBatch(images, [0, 1, 2], randomFeatures(config), 0, options);
  const run = () => trainingStep(decoder, config, specs, values, batch, 17, stepOptions);
  const { gradients } = await run();
  const random = uniform(11, "probes");
  for (const { name } of specs) {
    const gradient = gradients[name];
    // A directional derivative along a random direction touches every value of the parameter at once.
    const direction = Float32Array.from(gradient, () => random() - 0.5);
    const along = (distance: number) => {
      values[name] = base.map((value, i) => value + distance * direction[i]);
      return run();
    };
    const base = values[name];
    const epsilon = 5e-3;
    const numeric = ((await along(epsilon)).loss - (await along(-epsilon)).loss) / (2 * epsilon);
    values[name] = base;
    const analytic = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
    assert.ok(
      Math.abs(numeric - analytic) < 5e-3 * Math.max(0.1, Math.abs(analytic)),
      `${name}: ${numeric} ${analytic}`,
    );
  }
}

async function lossesAgree(name: string, decoder: Decoder, config: CaptionerConfig): Promise<void> {
  const specs = decoder.parameters(config);
  const batch = layOutBatch(images, [0, 1, 2], randomFeatures(config), 0, options);
  const { loss } = await trainingStep(decoder, config, specs, randomValues(specs), batch, 17, stepOptions);
  const first = losses.get(name) ?? loss;
  losses.set(name, first);
  assert.ok(Math.abs(loss - first) < 1e-5, `${loss}, not ${first}`);
}

async function tensorsGivenBack(decoder: Decoder, config: CaptionerConfig): Promise<void> {
  const specs = decoder.parameters(config);
  const batch = layOutBatch(images, [0, 1, 2], randomFeatures(config), 0, options);
  const before = tf.memory().numTensors;
  await trainingStep(decoder, config, specs, randomValues(specs), batch, 0, stepOptions);
  assert.equal(tf.memory().numTensors, before);
}
