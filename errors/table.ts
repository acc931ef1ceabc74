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
  MODEL_ALTERED: {
    exit: 1,
    advice: "A file of the model folder is missing or differs from the manifest: restore it or export again.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
