interface ErrorEntry {
  /** Process exit code: 1 the work failed, 2 the command was used wrongly. */
  exit: 1 | 2;
  /** What the user can do. */
  advice: string;
}

/** The one table of error codes. A code never changes its meaning. */
export const ERRORS = {
  INTERNAL: { exit: 1, advice: "This is a fault of showtell: run again with --stack and report what it prints." },
  INTERRUPTED: { exit: 1, advice: "Nothing half-written was left behind; run the same command again." },
  USAGE: { exit: 2, advice: "Run the command with --help." },
  FILE_NOT_FOUND: { exit: 2, advice: "Check the path." },
  FILE_EXISTS: { exit: 2, advice: "Choose another path, or remove what is there." },
  PATH_UNUSABLE: { exit: 2, advice: "Choose another path, or change the permissions of this one." },
  DISK_FULL: { exit: 1, advice: "Free some space and run the same command again: finished work is kept." },
  IMAGE_UNREADABLE: { exit: 1, advice: "Give a whole JPEG, PNG, WebP, AVIF, GIF or TIFF file." },
  IMAGE_TOO_LARGE: { exit: 1, advice: "Scale the image down before you caption it." },
  DATASET_EMPTY: {
    exit: 1,
    advice: "Check that the images and their captions are where the data set's format expects them.",
  },
  DATASET_FORMAT: {
    exit: 2,
    advice: "Name the format with --format, or bring the caption file into one of the known formats.",
  },
  MODEL_INVALID: { exit: 1, advice: "Export the model again, or restore the folder from where it came." },
  DEVICE_UNAVAILABLE: {
    exit: 1,
    advice: "Use --device cpu, which runs everywhere, or --device auto; `showtell doctor` says what each device lacks.",
  },
  MODEL_DOWNLOAD: {
    exit: 1,
    advice: "Check the connection and the address, then load again: what has arrived is kept.",
  },
  MODEL_ALTERED: {
    exit: 1,
    advice: "A file of the model folder is missing or differs from the manifest: restore it or export again.",
  },
  RUN_INVALID: { exit: 2, advice: "Name the folder of a run, as `showtell train --out` made it." },
  CHECKPOINT_INVALID: {
    exit: 1,
    advice: "Resume with the run's own options, or start a new run in another folder.",
  },
  TRAINING_DIVERGED: {
    exit: 1,
    advice: "The last checkpoint is good: start a new run with a smaller --learning-rate or --clip-norm.",
  },
  REWARD_CONSTANT: {
    exit: 1,
    advice: "Start from a run that writes varied captions (--from), and give each image several reference captions.",
  },
  ENGINE_UNAVAILABLE: {
    exit: 1,
    advice: "Run `showtell doctor`: it says what each engine lacks; or leave --engine out.",
  },
  ENGINE_PLATFORM: {
    exit: 1,
    advice: "Install @tensorflow/tfjs-node in your project, or use the wasm engine, which runs everywhere.",
  },
  DOWNLOAD_FAILED: {
    exit: 1,
    advice:
      "Check the connection and the settings of npm and pip (proxy, index), or install pip, then run the same command again.",
  },
  DOWNLOAD_ALTERED: {
    exit: 1,
    advice: "Download again; if it stays so, the registry or a mirror gives an altered file, which must not be used.",
  },
  ENGINE_COMPILE: { exit: 1, advice: "Install g++ or run `python3 -m pip install ziglang==0.13.0`, then try again." },
  ENGINE_SELF_TEST: {
    exit: 1,
    advice: "This machine cannot run this TensorFlow (too old a CPU or C library?): use the wasm engine.",
  },
  WEIGHTS_NOT_FOUND: {
    exit: 2,
    advice:
      "Get one of the files named and put it into a folder weights/, or into the folder that $SHOWTELL_WEIGHTS names, or give its path with --weights.",
  },
  WEIGHTS_INVALID: { exit: 1, advice: "The file is damaged or holds another network: get it again from its source." },
  BACKBONE_UNKNOWN: { exit: 2, advice: "Name a backbone of the registry, or the path of a network's files." },
  BACKBONE_LAYER: { exit: 2, advice: "Name one of the layers listed." },
  FEATURES_CORRUPT: { exit: 1, advice: "Run the same command again: the damaged features are computed anew." },
  SCORE_MISMATCH: {
    exit: 2,
    advice: "Score exactly the images that have references: one caption for each, at least one reference for each.",
  },
  PREDICTIONS_CONFLICT: { exit: 2, advice: "Give one caption for each image." },
  PREDICTIONS_FORMAT: {
    exit: 2,
    advice: 'Give a JSON list of {"image", "caption"}, COCO results, or the lines of `showtell caption --json`.',
  },
  CONVERT_UNSUPPORTED: {
    exit: 1,
    advice:
      "Replace the layer or node that is named, or register your own lowering with registerLayer or registerOperator.",
  },
  CONVERT_INVALID_MODEL: { exit: 1, advice: "Save or download the model again: its files are damaged or do not fit." },
  CONFIG_INVALID: { exit: 2, advice: "Correct the setting that is named; `showtell serve --help` lists them all." },
  PORT_UNAVAILABLE: { exit: 1, advice: "Choose another --port or --host, or end the program that listens there." },
  REQUEST_INVALID: { exit: 2, advice: "Compare the request with /openapi.json; /docs has a form to try it." },
  UNAUTHORIZED: { exit: 1, advice: "Send a key as `Authorization: Bearer KEY`." },
  FORBIDDEN: { exit: 1, advice: "Use a key that is allowed to do this." },
  NOT_FOUND: { exit: 1, advice: "Compare the path with /openapi.json." },
  MODEL_UNKNOWN: { exit: 1, advice: "Name one of the models that GET /v1/models lists." },
  METHOD_NOT_ALLOWED: { exit: 1, advice: "Use a method that the Allow header names." },
  REQUEST_TIMEOUT: { exit: 1, advice: "Send the body faster, or a smaller image." },
  REQUEST_TOO_LARGE: { exit: 1, advice: "Scale the image down before you send it, or send fewer at once." },
  MEDIA_TYPE_UNSUPPORTED: {
    exit: 1,
    advice: "Send a JPEG, PNG, WebP, AVIF or GIF image as the body, multipart/form-data, or application/json.",
  },
  URL_REFUSED: { exit: 1, advice: "Send the image itself, or the URL of a host that the server allows." },
  RATE_LIMITED: { exit: 1, advice: "Send the request again after the seconds that Retry-After names." },
  OVERLOADED: { exit: 1, advice: "Send the request again after the seconds that Retry-After names." },
  NOT_READY: { exit: 1, advice: "Send the request again after the seconds that Retry-After names." },
  DEADLINE_EXCEEDED: { exit: 1, advice: "Send the request again later, or with a smaller beam." },
  PARITY_FAILED: {
    exit: 1,
    advice: "Nothing was written. Report the model, or accept a larger difference with a higher tolerance.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
