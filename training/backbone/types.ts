import type * as tf from "@tensorflow/tfjs";
import type { Graph } from "../../converter/index.js";
import type { FetchEvents } from "./fetch-weights.js";

/** How RGB values from 0 to 255 are brought to what the network was trained on; it happens inside the model. */
export type Normalization = "-1..1" | "0..1" | "imagenet" | "caffe" | "127/128" | "none";

/** What the caller does with a picture before the network sees it. */
export interface BackboneInput {
  width: number;
  height: number;
  /** "stretch": the whole picture, aspect ignored; "crop": cover and centre crop. */
  resize: "stretch" | "crop";
}

/** A convolutional network, cut at one layer, that turns a picture into a grid of feature vectors. Its weights are frozen. */
export interface Backbone {
  /** Registry name, or the name of the model it was read from. */
  name: string;
  /** The layer (or tensor) whose values are the features. */
  layer: string;
  normalization: Normalization;
  input: BackboneInput;
  /** Rows and columns of the feature grid; L = rows x columns locations. */
  grid: [rows: number, columns: number];
  /** Length D of each feature vector. */
  channels: number;
  /** sha256 of the weights file; of several files, of their bytes one after the other. */
  weightsSha256: string;
  /** Licences and attributions that every model built on these weights must carry. */
  notices: string[];
  /**
   * RGB 0..255 float32 [N, H, W, 3] -> [N, rows, columns, D], normalisation included. A new model at each call, on the
   * engine that is set; the caller disposes it. Absent where only an ONNX graph is at hand (a showtell model folder).
   */
  layersModel?(): Promise<tf.LayersModel>;
  /** `image` uint8 [N, H, W, 3] -> `features` float32 [N, rows x columns, D]. */
  graph(): Promise<Graph>;
}

export interface OpenBackboneOptions extends FetchEvents {
  /** File (or folder) of the weights; without it the usual folders are searched, and then they are fetched. */
  weights?: string;
  /** Where the network is cut; each backbone has its default. */
  layer?: string;
  /** For a tfjs layers-model that showtell does not know: how it wants its input. */
  normalize?: Normalization;
}
