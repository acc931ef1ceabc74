import * as tf from "@tensorflow/tfjs";
import { compose, type Graph, toFloat16Arithmetic, toFloat16Weights } from "../../converter/index.js";
import { type ParityRow, verifyParity } from "../../converter/verify/index.js";
import type { Backbone } from "../backbone/index.js";
import { convertCaptioner } from "../learn/validate.js";
import type { CaptionerConfig, Decoder, ParameterSpec, ParameterValues } from "../model/types.js";
import { setLayerWeights } from "../model/weights.js";
import { uniform } from "../random/seeded.js";

export type ExportPrecision = "fp32" | "fp16" | "int8";

export interface ExportedGraphs {
  encoder: Graph;
  /** The encoder's part after the backbone: compared alone where the backbone exists as ONNX only. */
  head: Graph;
  decoder: Graph;
}

export interface Captioner {
  decoder: Decoder;
  config: CaptionerConfig;
  specs: ParameterSpec[];
  values: ParameterValues;
}

/** Name of the tensor that carries the backbone's features inside an encoder, by which it serves as a backbone again. */
export const BACKBONE_FEATURES = "backbone_features";

/** Encoder (backbone, then head) and decoder as ONNX graphs in float32. */
export async function buildGraphs(backbone: Backbone, captioner: Captioner): Promise<ExportedGraphs> {
  const { head, step } = await convertCaptioner(captioner.decoder, captioner.config, captioner.specs, captioner.values);
  const features = await backbone.graph();
  const encoder = compose(features, head.graph, { [features.outputs[0].name]: BACKBONE_FEATURES });
  return { encoder, head: head.graph, decoder: step.graph };
}

/** What graphs in fp16 compute in: float32 runs everywhere, float16 is for GPUs. */
export const ARITHMETICS = ["fp32", "fp16"] as const;
export type Arithmetic = (typeof ARITHMETICS)[number];

/** Weights stored in half the bytes, for arithmetic in float32, which every provider runs, or in float16. */
export function storedAs<Graphs extends Record<keyof Graphs, Graph>>(
  graphs: Graphs,
  precision: "fp32" | "fp16",
  compute: Arithmetic,
): Graphs {
  if (precision === "fp32") return graphs;
  const store = compute === "fp16" ? toFloat16Arithmetic : toFloat16Weights;
  return Object.fromEntries(Object.entries<Graph>(graphs).map(([role, graph]) => [role, store(graph)])) as Graphs;
}

/** Rounding of weights, or of all numbers, to 11 bits moves the outputs by this share of their peak at most. */
const TOLERANCE = { fp32: 1e-3, fp16: { fp32: 2e-2, fp16: 5e-2 } };

export type GraphParity = ParityRow & {
  graph: string;
  precision: ExportPrecision;
  /** Of int8: of the angle to float32. */
  cosine?: number;
};

/** Runs the tfjs models and the ONNX graphs on the same inputs. */
export async function checkParity(
  backbone: Backbone,
  captioner: Captioner,
  graphs: ExportedGraphs,
  precision: "fp32" | "fp16",
  compute: Arithmetic = "fp32",
): Promise<GraphParity[]> {
  const tolerance = precision === "fp32" ? TOLERANCE.fp32 : TOLERANCE.fp16[compute];
  const rows: GraphParity[] = [];
  const add = (graph: string, found: ParityRow[]) => rows.push(...found.map((row) => ({ ...row, graph, precision })));
  const reference = await encoderReference(backbone, captioner);
  const { height, width } = backbone.input;
  const encoderInput: Record<string, tf.Tensor> = {
    image: tf.tensor4d(testImages(2, height, width), [2, height, width, 3]),
  };
  if (reference) add("encoder", await verifyParity(reference, graphs.encoder, encoderInput, { tolerance }));
  else add("head", await verifyParity(headModel(captioner), graphs.head, headInput(captioner.config), { tolerance }));
  const step = captioner.decoder.step(captioner.config);
  setLayerWeights(step, captioner.specs, captioner.values);
  add("decoder", await verifyParity(step, graphs.decoder, stepInputs(captioner, 3), { tolerance }));
  return rows;
}

/** Backbone and head as one tf.layers model; nothing for a backbone that exists as ONNX alone. */
async function encoderReference(backbone: Backbone, captioner: Captioner): Promise<tf.LayersModel | undefined> {
  const model = await backbone.layersModel?.();
  if (!model) return undefined;
  const head = headModel(captioner);
  const { locations, channels } = captioner.config;
  const flat = tf.layers.reshape({ name: "backbone_rows", targetShape: [locations, channels] }).apply(model.outputs[0]); // [N, L, D]
  return tf.model({ inputs: model.inputs, outputs: head.apply(flat) as tf.SymbolicTensor[] });
}

function headModel({ decoder, config, specs, values }: Captioner): tf.LayersModel {
  const head = decoder.head(config);
  setLayerWeights(head, specs, values);
  return head;
}

/** Features as a network with ReLU6 gives them, between 0 and 6. */
function headInput({ locations, channels }: CaptionerConfig): Record<string, tf.Tensor> {
  const random = uniform(1, "parity", "features");
  const data = Float32Array.from({ length: 2 * locations * channels }, () => Math.max(0, random() * 12 - 6));
  return { [BACKBONE_FEATURES]: tf.tensor3d(data, [2, locations, channels]) };
}

/** Images with edges, areas and noise, the same each time. [count, height, width, 3], whole numbers 0..255 */
export function testImages(count: number, height: number, width: number): Uint8Array {
  const random = uniform(1, "parity", "image");
  const data = new Uint8Array(count * height * width * 3);
  const waves = Array.from({ length: count * 3 }, () => [random() * 0.2, random() * 0.2, random() * 6]);
  for (let i = 0; i < data.length; i++) {
    const [c, x] = [i % 3, Math.floor(i / 3) % width];
    const [y, n] = [Math.floor(i / (3 * width)) % height, Math.floor(i / (3 * width * height))];
    const [a, b, phase] = waves[n * 3 + c];
    const value = 128 + 90 * Math.sin(a * x + b * y + phase) + 60 * (random() - 0.5);
    data[i] = Math.round(Math.min(255, Math.max(0, value)));
  }
  return data;
}

/** Inputs of a decoder's step for so many rows: a word each, and numbers between -1 and 1, the same each time. */
export function stepInputs({ decoder, config }: Captioner, rows: number): Record<string, tf.Tensor> {
  const random = uniform(1, "parity", "step");
  const normal = (...shape: number[]) =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random() * 2 - 1),
      shape,
    );
  return {
    token: tf.tensor2d(
      Array.from({ length: rows }, () => Math.floor(random() * config.vocabularySize)),
      [rows, 1],
      "int32",
    ),
    hidden: normal(rows, decoder.stateSize(config)),
    cell: normal(rows, decoder.stateSize(config)),
    features: normal(rows, config.locations, config.featureSize),
    projected: normal(rows, config.locations, config.attentionSize),
  };
}
