import * as tf from "@tensorflow/tfjs";
import { convert } from "../../converter/index.js";
import { type DecodingOptions, decode, type SpecialTokens } from "../../runtime/core/index.js";
import { onnxDecoderStep, onnxHead, openSession } from "../../runtime/node/graphs.js";
import type { FeatureStore } from "../features/index.js";
import { type Scores, scoreCaptions } from "../metrics/index.js";
import {
  type CaptionerConfig,
  type Decoder,
  inputShape,
  type ParameterSpec,
  type ParameterValues,
} from "../model/types.js";
import { setLayerWeights } from "../model/weights.js";
import type { Vocabulary } from "../text/index.js";

/** Images decoded together: enough to keep the products large, few enough for the caches. */
const BATCH = 50;

export interface ValidationImage {
  id: string;
  /** Its place in the feature store. */
  feature: number;
  /** Tokenised captions. */
  references: string[][];
}

export interface Validation {
  scores: Scores;
  captions: { image: string; caption: string }[];
}

/** Converts head and decoder of a captioner to ONNX. */
export async function convertCaptioner(
  decoder: Decoder,
  config: CaptionerConfig,
  specs: ParameterSpec[],
  values: ParameterValues,
) {
  const head = decoder.head(config);
  const step = decoder.step(config);
  try {
    setLayerWeights(head, specs, values);
    setLayerWeights(step, specs, values);
    return {
      head: await convert(head, { name: "head", outputs: ["features", "projected", "hidden", "cell"] }),
      step: await convert(step, {
        name: "decoder",
        inputs: { token: { dtype: "int64", squeeze: true } },
        outputs: ["logits", "next_hidden", "next_cell", "attention"],
      }),
    };
  } finally {
    head.dispose();
    step.dispose();
  }
}

/**
 * Captions every validation image as a user would get it, through the converted graphs, and scores what was written.
 * BLEU under teacher forcing is never measured.
 */
export async function validate(
  captioner: { decoder: Decoder; config: CaptionerConfig; specs: ParameterSpec[]; values: ParameterValues },
  images: ValidationImage[],
  store: FeatureStore,
  vocabulary: Vocabulary,
  options: DecodingOptions & { tokens: SpecialTokens; onProgress?: (done: number, total: number) => void },
): Promise<Validation> {
  const { decoder, config, specs, values } = captioner;
  const graphs = await convertCaptioner(decoder, config, specs, values);
  const headSession = await openSession(graphs.head.bytes());
  const stepSession = await openSession(graphs.step.bytes());
  try {
    const encode = onnxHead(headSession);
    const step = onnxDecoderStep(stepSession);
    const captions: Validation["captions"] = [];
    for (let start = 0; start < images.length; start += BATCH) {
      options.signal?.throwIfAborted();
      const part = images.slice(start, start + BATCH);
      const features = await store.read(part.map((image) => image.feature)); // [N, L, D]
      const encoded = await encode({ data: features, dims: [part.length, ...inputShape(config)] });
      const decodings = await decode(encoded, step, options.tokens, options);
      decodings.forEach((decoding, i) => {
        captions.push({ image: part[i].id, caption: vocabulary.decode(decoding.tokens).join(" ") });
      });
      options.onProgress?.(captions.length, images.length);
    }
    const scores = scoreCaptions(
      new Map(captions.map(({ image, caption }) => [image, caption.split(" ").filter(Boolean)])),
      new Map(images.map((image) => [image.id, image.references])),
    );
    return { scores, captions };
  } finally {
    await headSession.release();
    await stepSession.release();
    await tf.nextFrame();
  }
}
