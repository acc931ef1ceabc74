import { ShowtellError } from "../../errors/index.js";

/** Where a lowering trips over a malformed layer or node, the error names it. */
export function attempt<T>(lower: () => T, { invalid }: { invalid(reason: string): ShowtellError }): T {
  try {
    return lower();
  } catch (error) {
    if (error instanceof ShowtellError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const fault = invalid(`it cannot be read (${reason})`);
    throw new ShowtellError(fault.code, fault.message, { cause: error });
  }
}
