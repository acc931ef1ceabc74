import { ShowtellError } from "../errors/index.js";

/**
 * A signal that the first Ctrl-C (or SIGTERM) aborts, so that work ends in order; the second ends the process at once.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143);
    controller.abort(new ShowtellError("INTERRUPTED", "Stopped on request."));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
