import { ERRORS, type ErrorCode } from "./table.js";

export { ERRORS, type ErrorCode } from "./table.js";

/** Every failure a user can meet: a code from the one table, what happened, and what to do about it. */
export class ShowtellError extends Error {
  override readonly name = "ShowtellError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Process exit code: 1 the work failed, 2 the command was used wrongly. */
  get exitCode(): 1 | 2 {
    return ERRORS[this.code].exit;
  }

  /** What the user can do about it. */
  get advice(): string {
    return ERRORS[this.code].advice;
  }
}

/** What the system's own error codes mean to a user. */
const SYSTEM: Record<string, ErrorCode> = {
  ENOSPC: "DISK_FULL",
  EDQUOT: "DISK_FULL",
  // A limit on the size of one file: `ulimit -f`, or FAT's 4 GB.
  EFBIG: "DISK_FULL",
  ENOENT: "FILE_NOT_FOUND",
  EEXIST: "FILE_EXISTS",
  EACCES: "PATH_UNUSABLE",
  EPERM: "PATH_UNUSABLE",
  EROFS: "PATH_UNUSABLE",
  EISDIR: "PATH_UNUSABLE",
  ENOTDIR: "PATH_UNUSABLE",
  ENAMETOOLONG: "PATH_UNUSABLE",
};

/** The code for an error of the system, such as a full disk; undefined for any other error. */
export function systemErrorCode(error: unknown): ErrorCode | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === "string" && Object.hasOwn(SYSTEM, code) ? SYSTEM[code] : undefined;
}

/** Any error as one that a user can do something about: itself, what the system said, or INTERNAL. */
export function toShowtellError(error: unknown): ShowtellError {
  if (error instanceof ShowtellError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ShowtellError(systemErrorCode(error) ?? "INTERNAL", message, { cause: error });
}

/** The error as plain data, as `--json` prints it. */
export function describeError(error: unknown): { code: ErrorCode; message: string; advice: string } {
  const { code, message, advice } = toShowtellError(error);
  return { code, message, advice };
}
