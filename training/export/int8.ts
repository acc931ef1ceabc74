import {
  type Graph,
  LEAST_DECIBELS,
  type QuantizationReport,
  quantize,
  type Sample,
  writeOnnx,
} from "../../converter/index.js";
import { runGraph } from "../../converter/verify/index.js";
import { ShowtellError } from "../../errors/index.js";
import {
  type DecodingOptions,
  decode,
  type Manifest,
  type Preprocessing,
  type SpecialTokens,
} from "../../runtime/core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "../../runtime/node/graphs.js";
import { decodeImage } from "../../runtime/node/image.js";
import { openDataset } from "../dataset/index.js";
import type { RunDescription } from "../learn/run-folder.js";
import { permutation } from "../random/seeded.js";
import type { ExportedGraphs, GraphParity } from "./graphs.js";

/** Images that the ranges are observed on. */
const IMAGES = 64;

/** Of these, images that the decoder writes about: each gives a sample a word. */
const WRITTEN = 16;

/** Outputs whose angle to float32 has a smaller cosine than this are wrong, not rounded. */
const LEAST_COSINE = 0.95;

/**
 * Images of a run's training split to calibrate on, the same each time.
 * @throws ShowtellError as `openDataset`; what it says names the other way
 */
export async function calibrationImages({ options }: RunDescription): Promise<string[]> {
  const { dataset: path, format, images, seed } = options;
  const dataset = await openDataset(path, { format, images }).catch((error: ShowtellError) => {
    throw new ShowtellError(
      error.code,
      `The run's data set, to calibrate int8 on, cannot be opened (--calibration takes other images): ${error.message}`,
      { cause: error },
    );
  });
  const files = dataset.images.filter(({ split }) => split === "train").map(({ file }) => file);
  return [...permutation(files.length, seed, "calibration").subarray(0, IMAGES)].map((place) => files[place]!);
}

export interface Int8Options {
  /** How ranges are chosen, as in QuantizeOptions. */
  method?: string;
  leastDecibels?: number;
}

export interface Int8Graphs {
  encoder: Graph;
  decoder: Graph;
  parity: GraphParity[];
  quantization: NonNullable<Manifest["quantization"]>;
}

/**
 * Encoder and decoder in int8. The encoder is calibrated on images, the decoder on the words that it writes about them.
 * @throws ShowtellError IMAGE_UNREADABLE, PARITY_FAILED; the signal's reason
 */
export async function quantizeGraphs(
  { encoder, decoder }: Pick<ExportedGraphs, "encoder" | "decoder">,
  images: (string | Uint8Array)[],
  options: Int8Options & {
    preprocessing: Preprocessing;
    tokens: SpecialTokens;
    decoding: DecodingOptions;
    signal?: AbortSignal;
  },
): Promise<Int8Graphs> {
  const { width, height } = options.preprocessing;
  const pictures: Sample[] = [];
  for (const image of images) {
    const data = await decodeImage(image, options.preprocessing);
    pictures.push({ image: { dtype: "uint8", shape: [1, height, width, 3], data } });
  }
  const words = await decoderSamples(encoder, decoder, pictures.slice(0, WRITTEN), options);
  const { method, leastDecibels = LEAST_DECIBELS, signal } = options;
  const common = { run: runGraph, signal, method, leastDecibels };
  const small = await quantize(encoder, { ...common, samples: pictures });
  const step = await quantize(decoder, { ...common, samples: words });
  const parity = [
    ...parityRows("encoder", small.graph, small.report),
    ...parityRows("decoder", step.graph, step.report),
  ];
  const quantization = {
    method: small.report.method,
    images: images.length,
    leastDecibels,
    graphs: { encoder: described(small.report), decoder: described(step.report) },
  };
  return { encoder: small.graph, decoder: step.graph, parity, quantization };
}

/** What the decoder is given, word by word, while it writes about each picture. */
async function decoderSamples(
  encoder: Graph,
  decoder: Graph,
  pictures: Sample[],
  { tokens, decoding, signal }: { tokens: SpecialTokens; decoding: DecodingOptions; signal?: AbortSignal },
): Promise<Sample[]> {
  const [encoderSession, decoderSession] = [
    await openSession(writeOnnx(encoder)),
    await openSession(writeOnnx(decoder)),
  ];
  try {
    const [encode, step] = [onnxEncoder(encoderSession), onnxDecoderStep(decoderSession)];
    const samples: Sample[] = [];
    const float = (data: Float32Array, shape: number[]) => ({ dtype: "float32", shape, data });
    for (const { image } of pictures) {
      const encoded = await encode({ data: image!.data as Uint8Array, dims: image!.shape });
      const [features, projected] = [encoded.features, encoded.projected].map(({ data, dims }) => float(data, dims));
      const watched: typeof step = (input) => {
        const { token, hidden, cell } = input;
        samples.push({
          token: { dtype: "int64", shape: [token.length], data: token.slice() },
          hidden: float(hidden.data.slice(), hidden.dims),
          cell: float(cell.data.slice(), cell.dims),
          features: features!,
          projected: projected!,
        });
        return step(input);
      };
      await decode(encoded, watched, tokens, { ...decoding, beam: 1, signal });
    }
    return samples;
  } finally {
    await encoderSession.release();
    await decoderSession.release();
  }
}

/** What a manifest says of a graph in int8. */
function described({ quantized, left, losses }: QuantizationReport) {
  const measured = losses.filter(({ decibels }) => Number.isFinite(decibels));
  const [lowest] = measured.toSorted((a, b) => a.decibels - b.decibels);
  return { quantized, ...(lowest && { lowest: { ...lowest, decibels: rounded(lowest.decibels) } }), inFloat: left };
}

const rounded = (decibels: number) => Math.round(decibels * 10) / 10;

function parityRows(graph: string, { outputs }: Graph, report: QuantizationReport): GraphParity[] {
  return report.outputs.map(({ output, maxAbsolute, maxRelative, cosine }) => {
    const { shape, dtype } = outputs.find(({ name }) => name === output)!;
    const extents = shape.map((dim) => (typeof dim === "number" ? dim : 1));
    const sizes = { maxAbsolute, maxRelative, cosine };
    // A share of the peak says little of rounding to bytes: the angle is what is held to a bound.
    return {
      graph,
      precision: "int8",
      output,
      shape: extents,
      dtype,
      ...sizes,
      tolerance: 1,
      ok: cosine >= LEAST_COSINE,
    };
  });
}
