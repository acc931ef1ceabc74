import assert from "node:assert/strict";
import { before, test } from "node:test";
import { decode } from "../../runtime/core/index.js";
import { onnxDecoderStep, onnxHead, openSession } from "../../runtime/node/graphs.js";
import { startEngine } from "../engine/index.js";
import { Adam, adamDefaults } from "../learn/adam/adam.js";
import { layOutBatch } from "../learn/batches.js";
import { trainingStep } from "../learn/step.js";
import { convertCaptioner } from "../learn/validate.js";
import { uniform } from "../random/seeded.js";
import { SPECIAL_TOKENS } from "../text/index.js";
import { initializeParameters } from "./initialize.js";
import { decoders } from "./registry.js";
import type { CaptionerConfig, Decoder } from "./types.js";

before(async () => {
  await startEngine("wasm");
});

const captions = [[4, 5, 6, 7], [8, 9], [10], [6, 6, 5, 4, 8]];
const config: CaptionerConfig = {
  decoder: "",
  locations: 4,
  channels: 6,
  featureSize: 16,
  featureEmbedding: true,
  attentionSize: 8,
  embeddingSize: 8,
  hiddenSize: 16,
  vocabularySize: 11,
};
const N = captions.length;
const random = uniform(9, "features");
const features = Float32Array.from({ length: N * config.locations * config.channels }, () => random() * 2);

async function learn(decoder: Decoder) {
  const specs = decoder.parameters(config);
  const images = captions.map((words, feature) => ({ feature, captions: [words] }));
  const layout = { imagesPerBatch: N, captionsPerImage: 1, maxLength: 10, seed: 1 };
  const batch = layOutBatch(
    images,
    images.map((_, n) => n),
    features,
    0,
    layout,
  );
  const adam = Adam.start(initializeParameters(specs, 1));
  let crossEntropy = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 150; i++) {
    const options = { labelSmoothing: 0, attentionWeight: 0.1, dropout: {}, seed: 1 };
    const result = await trainingStep(decoder, config, specs, adam.values, batch, i, options);
    adam.update(result.gradients, 0.02, { ...adamDefaults, averageDecay: 0 });
    ({ crossEntropy } = result);
  }
  return { specs, values: adam.values, crossEntropy };
}

for (const decoder of decoders) {
  test(`${decoder.name} learns a few captions by heart and writes them in onnxruntime`, async () => {
    const { specs, values, crossEntropy } = await learn(decoder);
    assert.ok(crossEntropy < 0.05, `${crossEntropy} nats a word`);
    const graphs = await convertCaptioner(decoder, config, specs, values);
    const [head, step] = [await openSession(graphs.head.bytes()), await openSession(graphs.step.bytes())];
    const encoded = await onnxHead(head)({ data: features, dims: [N, config.locations, config.channels] });
    assert.deepEqual(encoded.hidden.dims, [N, decoder.stateSize(config)]);
    for (const beam of [1, 3]) {
      const options = { beam, maxLength: 10, lengthExponent: 0.7 };
      const decodings = await decode(encoded, onnxDecoderStep(step), SPECIAL_TOKENS, options);
      assert.deepEqual(
        decodings.map(({ tokens }) => tokens),
        captions,
        `beam ${beam}`,
      );
      for (const { tokens, attention } of decodings) {
        assert.equal(attention.length, tokens.length * config.locations);
        assert.ok(attention.every((share) => share >= 0 && share <= 1));
      }
    }
    await head.release();
    await step.release();
  });
}
