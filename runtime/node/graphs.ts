import { type InferenceSession, Tensor } from "onnxruntime-node";
import { ShowtellError } from "../../errors/index.js";
import type { DecoderStep, EncodedImages, FloatTensor } from "../core/index.js";

export { openSession, type SessionOptions } from "./session.js";

/** image [N, height, width, 3] RGB 0 to 255 -> what the decoder attends to. */
export type Encoder = (image: { data: Uint8Array; dims: number[] }) => Promise<EncodedImages>;

/** The encoder graph as a function. */
export function onnxEncoder(session: InferenceSession): Encoder {
  return async ({ data, dims }) => encodedImages(await session.run({ image: new Tensor("uint8", data, dims) }));
}

/** The part of the encoder after the backbone as a function: its one input, backbone features [N, L, D], -> the same outputs. */
export function onnxHead(session: InferenceSession): (features: FloatTensor) => Promise<EncodedImages> {
  const [name] = session.inputNames;
  return async (features) => encodedImages(await session.run({ [name!]: onnxTensor(features) }));
}

/** One step of the decoder graph as a function. */
export function onnxDecoderStep(session: InferenceSession): DecoderStep {
  return async ({ token, hidden, cell, features, projected }) => {
    const outputs = await session.run({
      token: new Tensor("int64", token, [token.length]),
      hidden: onnxTensor(hidden),
      cell: onnxTensor(cell),
      features: onnxTensor(features),
      projected: onnxTensor(projected),
    });
    return {
      logits: floatTensor(outputs, "logits"),
      hidden: floatTensor(outputs, "next_hidden"),
      cell: floatTensor(outputs, "next_cell"),
      attention: floatTensor(outputs, "attention"),
    };
  };
}

/** What a captioner graph writes about one image, as in Decoding. */
export interface GraphCaption {
  tokens: number[];
  score: number;
  /** [T, L] */
  attention: Float32Array;
}

/** image [N, height, width, 3] RGB 0 to 255 -> a caption each; beam and most words as DecodingOptions has them. */
export type OneGraphCaptioner = (
  image: { data: Uint8Array; dims: number[] },
  options: { beam: number; maxLength: number },
) => Promise<GraphCaption[]>;

/**
 * The captioner graph as a function.
 * @param pad token that fills up captions shorter than the longest one
 */
export function onnxCaptioner(session: InferenceSession, { pad }: { pad: number }): OneGraphCaptioner {
  const whole = (value: number) => new Tensor("int64", BigInt64Array.of(BigInt(value)), []);
  return async ({ data, dims }, { beam, maxLength }) => {
    const image = new Tensor("uint8", data, dims);
    const outputs = await session.run({ image, max_length: whole(maxLength), beam: whole(beam) });
    const [scores, maps] = [floatTensor(outputs, "scores"), floatTensor(outputs, "attention")];
    const [, longest, locations] = maps.dims as [number, number, number];
    const ids = Array.from((outputs.tokens as Tensor).data as BigInt64Array, Number);
    return [...scores.data].map((score, n) => {
      const padded = ids.slice(n * longest, (n + 1) * longest);
      const end = padded.indexOf(pad);
      const tokens = end < 0 ? padded : padded.slice(0, end);
      const from = n * longest * locations;
      return { tokens, score, attention: maps.data.slice(from, from + tokens.length * locations) };
    });
  };
}

function encodedImages(outputs: InferenceSession.OnnxValueMapType): EncodedImages {
  return {
    features: floatTensor(outputs, "features"),
    projected: floatTensor(outputs, "projected"),
    hidden: floatTensor(outputs, "hidden"),
    cell: floatTensor(outputs, "cell"),
  };
}

function onnxTensor({ data, dims }: FloatTensor): Tensor {
  return new Tensor("float32", data, dims);
}

function floatTensor(outputs: InferenceSession.OnnxValueMapType, name: string): FloatTensor {
  const value = outputs[name];
  if (value?.type !== "float32") {
    const found = value ? `has type ${value.type}` : "is missing";
    throw new ShowtellError("MODEL_INVALID", `The graph's output ${name} ${found}; it must be float32.`);
  }
  return { data: value.data as Float32Array, dims: [...value.dims] };
}
