import { startEngine } from "../training/engine/index.js";
import { Adam, adamDefaults } from "../training/learn/adam/adam.js";
import { layOutBatch } from "../training/learn/batches.js";
import { trainingStep } from "../training/learn/step.js";
import { initializeParameters } from "../training/model/initialize.js";
import { decoderByName } from "../training/model/registry.js";
import type { CaptionerConfig } from "../training/model/types.js";
import { uniform } from "../training/random/seeded.js";

// One engine in a process of its own: train-child.js ENGINE L WARMUP STEPS DECODER prints {"seconds": […], "loss"}.
const [engine, locations, warmup, steps, name] = process.argv.slice(2);
const decoder = decoderByName(name);
const B = 32;
const T = 16;
const config: CaptionerConfig = {
  decoder: name,
  locations: Number(locations),
  channels: 512,
  featureSize: 512,
  featureEmbedding: decoder.featureSize !== undefined,
  attentionSize: 256,
  embeddingSize: 256,
  hiddenSize: 512,
  vocabularySize: 3000,
};
const random = uniform(1, "bench");
const features = Float32Array.from({ length: B * config.locations * config.channels }, () =>
  Math.max(0, random() * 2 - 1),
);
// A caption of 15 words is 16 predictions: its words and the end. Every row is alive to the last step, as in the peer.
const images = Array.from({ length: B }, (_, feature) => ({
  feature,
  captions: [Array.from({ length: T - 1 }, () => 4 + Math.floor(random() * (config.vocabularySize - 4)))],
}));
const layout = { imagesPerBatch: B, captionsPerImage: 1, maxLength: T - 1, seed: 1 };
const options = { labelSmoothing: 0.1, attentionWeight: 0.5, dropout: {}, seed: 1 };

await startEngine(engine as "auto");
const specs = decoder.parameters(config);
const adam = Adam.start(initializeParameters(specs, 1));
const batch = layOutBatch(
  images,
  images.map((_, i) => i),
  features,
  0,
  layout,
);
const seconds: number[] = [];
let loss = Number.NaN;
for (let i = 0; i < Number(warmup) + Number(steps); i++) {
  const started = performance.now();
  const result = await trainingStep(decoder, config, specs, adam.values, batch, i, options);
  adam.update(result.gradients, 5e-4, adamDefaults);
  loss = result.loss;
  if (i >= Number(warmup)) seconds.push((performance.now() - started) / 1000);
}
process.stdout.write(JSON.stringify({ seconds, loss }));
