import { toShowtellError } from "../errors/index.js";

/** Prints an error as a user should read it and returns the exit code. */
export function reportFailure(error: unknown, withStack = false): 1 | 2 {
  const { code, message, advice, exitCode } = toShowtellError(error);
  process.stderr.write(`\nerror ${code}: ${message}\n  ${advice}\n`);
  if (withStack) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return exitCode;
}
