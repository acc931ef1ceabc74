import type { IncomingMessage } from "node:http";
import { RequestError } from "./problem.js";

export interface BodyLimits {
  /** Largest body. */
  maxBodyBytes: number;
  /** Longest time for it to arrive, in milliseconds. */
  bodyTime: number;
}

/** Counts the bytes of all bodies that are held at one time, so that many of them together do not fill the memory. */
export class BodyBudget {
  #held = 0;

  constructor(readonly capacity: number) {}

  get held(): number {
    return this.#held;
  }

  /** @throws RequestError OVERLOADED */
  take(bytes: number): void {
    if (this.#held + bytes > this.capacity) {
      throw new RequestError("OVERLOADED", "The server holds as many bodies as it has memory for.", { retryAfter: 1 });
    }
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** A body in memory; `release` gives its bytes back to the budget. */
export interface Body {
  bytes: Buffer;
  release(): void;
}

/**
 * Reads a request's body into memory.
 * @throws RequestError REQUEST_TOO_LARGE, REQUEST_TIMEOUT, MEDIA_TYPE_UNSUPPORTED (compressed), OVERLOADED; the signal's
 * reason when the client has gone
 */
export async function readBody(
  request: IncomingMessage,
  { maxBodyBytes, bodyTime }: BodyLimits,
  budget: BodyBudget,
  signal: AbortSignal,
): Promise<Body> {
  const encoding = request.headers["content-encoding"];
  if (encoding && encoding !== "identity") {
    throw new RequestError("MEDIA_TYPE_UNSUPPORTED", `Bodies compressed with ${encoding} are not taken.`);
  }
  const tooLarge = () =>
    new RequestError("REQUEST_TOO_LARGE", `The body is too large: the limit is ${maxBodyBytes} bytes.`);
  if (Number(request.headers["content-length"]) > maxBodyBytes) throw tooLarge();

  const parts: Buffer[] = [];
  let size = 0;
  const release = () => {
    budget.give(size);
    size = 0;
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const late = `The body did not arrive within ${bodyTime / 1000} s.`;
      const timer = setTimeout(() => settle(() => reject(new RequestError("REQUEST_TIMEOUT", late))), bodyTime);
      const settle = (done: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", left);
        request.off("data", take).off("end", end).off("error", broken).pause();
        done();
      };
      const left = () => settle(() => reject(signal.reason));
      const broken = () => settle(() => reject(new RequestError("REQUEST_INVALID", "The body broke off.")));
      const end = () => settle(resolve);
      const take = (part: Buffer) => {
        try {
          if (size + part.length > maxBodyBytes) throw tooLarge();
          budget.take(part.length);
          size += part.length;
          parts.push(part);
        } catch (error) {
          settle(() => reject(error));
        }
      };
      signal.addEventListener("abort", left, { once: true });
      request.on("data", take).on("end", end).on("error", broken);
    });
    return { bytes: Buffer.concat(parts), release };
  } catch (error) {
    release();
    throw error;
  }
}
