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

/** The error as plain data, as `--json` prints it. Unknown errors become INTERNAL. */
export function describeError(error: unknown): { code: ErrorCode; message: string; advice: string } {
  if (error instanceof ShowtellError) {
    return { code: error.code, message: error.message, advice: error.advice };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "INTERNAL", message, advice: ERRORS.INTERNAL.advice };
}
