import type { CaptionAnswer, CaptionsAnswer, ModelsAnswer, Problem } from "../server/schemas.js";

export type { CaptionAnswer, CaptionsAnswer, ImageCaption, Problem, ServedModel, Timings } from "../server/schemas.js";

export interface ClientOptions {
  /** API key, where the server asks for one. */
  key?: string;
  /** How often a request is sent again after 429, 503 or a broken connection; 3 by default. */
  retries?: number;
  /** Longest wait before a further try, in milliseconds; 30 seconds by default. A server that asks for more is not tried again. */
  maxWait?: number;
  /** In place of the global fetch. */
  fetch?: typeof fetch;
}

export interface CaptionQuery {
  /** 1 to 10; 1 is greedy. The model's own by default. */
  beam?: number;
  /** How many further captions. */
  alternatives?: number;
  /** Most words. */
  maxLength?: number;
  /** Where the model looked for each word, as numbers or as a PNG in base64. */
  attention?: "none" | "numbers" | "png";
  /** NAME or NAME@VERSION. */
  model?: string;
  signal?: AbortSignal;
}

/** An image: a file or blob of a browser, or bytes. */
export type ImageSource = Blob | Uint8Array | ArrayBuffer;

/** The server's answer that something is wrong; `code` is stable. */
export class ShowtellServerError extends Error {
  override readonly name = "ShowtellServerError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problem?: Problem,
    /** Seconds after which the server wants to be asked again. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** A client of `showtell serve`, for Node and browsers. */
export class ShowtellClient {
  readonly #base: string;
  readonly #options: ClientOptions;

  /** @param url of the server, such as http://127.0.0.1:3000 */
  constructor(url: string, options: ClientOptions = {}) {
    this.#base = url.replace(/\/+$/, "");
    this.#options = options;
  }

  /** Captions one image. @throws ShowtellServerError; the signal's reason; what fetch throws */
  async caption(image: ImageSource, query: CaptionQuery = {}): Promise<CaptionAnswer> {
    const response = await this.#send(captionsPath(query), imageRequest(image, query));
    return (await response.json()) as CaptionAnswer;
  }

  /** Captions several images in one request; one that cannot be read has an `error` in its place. */
  async captionMany(images: readonly ImageSource[], query: CaptionQuery = {}): Promise<CaptionsAnswer> {
    const form = new FormData();
    for (const image of images) form.append("image", asBlob(image), "image");
    const request = { method: "POST", body: form, signal: query.signal };
    const answer = (await (await this.#send(captionsPath(query), request)).json()) as CaptionAnswer | CaptionsAnswer;
    if ("captions" in answer) return answer;
    const { model, timings, ...caption } = answer;
    return { captions: [caption], model, timings };
  }

  /**
   * Writes one caption greedily and gives each word as it is written.
   * @returns the whole answer, once the words have ended
   */
  async *stream(image: ImageSource, query: CaptionQuery = {}): AsyncGenerator<string, CaptionAnswer> {
    const request = imageRequest(image, query, { accept: "text/event-stream" });
    const response = await this.#send(captionsPath(query), request);
    for await (const { event, data } of readEvents(response)) {
      if (event === "word") yield (JSON.parse(data) as { word: string }).word;
      if (event === "caption") return JSON.parse(data) as CaptionAnswer;
      if (event === "error") {
        const problem = JSON.parse(data) as Problem;
        throw new ShowtellServerError(problem.status, problem.code, problem.detail, problem);
      }
    }
    throw new ShowtellServerError(0, "BROKEN_OFF", "The server's answer broke off.");
  }

  async models(): Promise<ModelsAnswer> {
    return (await (await this.#send("/v1/models", {})).json()) as ModelsAnswer;
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    const { key, retries = 3, maxWait = 30_000, fetch: send = fetch } = this.#options;
    const headers = { ...(init.headers as Record<string, string>), ...(key ? { authorization: `Bearer ${key}` } : {}) };
    for (let tried = 0; ; tried++) {
      let failure: unknown;
      let wait = backoff(tried);
      try {
        const response = await send(this.#base + path, { ...init, headers });
        if (response.ok) return response;
        const error = await errorOf(response);
        if (response.status !== 429 && response.status !== 503) throw error;
        failure = error;
        if (error.retryAfter !== undefined) wait = error.retryAfter * 1000 + Math.random() * 250;
      } catch (error) {
        init.signal?.throwIfAborted();
        if (error instanceof ShowtellServerError) throw error;
        failure = error;
      }
      if (tried >= retries || wait > maxWait) throw failure;
      await pause(wait, init.signal ?? undefined);
    }
  }
}

function captionsPath({ beam, alternatives, maxLength, attention, model }: CaptionQuery): string {
  const values = { beam, alternatives, max_length: maxLength, attention, model };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return `/v1/captions${query.size > 0 ? `?${query}` : ""}`;
}

function imageRequest(image: ImageSource, { signal }: CaptionQuery, headers: Record<string, string> = {}): RequestInit {
  const body = asBlob(image);
  const type = body.type.startsWith("image/") ? body.type : "application/octet-stream";
  return { method: "POST", body, headers: { ...headers, "content-type": type }, signal };
}

function asBlob(image: ImageSource): Blob {
  return image instanceof Blob ? image : new Blob([image as ArrayBuffer]);
}

async function errorOf(response: Response): Promise<ShowtellServerError> {
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(after) ? after : undefined;
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as Problem;
    return new ShowtellServerError(response.status, problem.code, problem.detail, problem, retryAfter);
  } catch {
    const message = `The server answered ${response.status}.`;
    return new ShowtellServerError(response.status, "UNKNOWN", message, undefined, retryAfter);
  }
}

/** Milliseconds before try after try, doubled each time, with chance in it so that clients do not come back together. */
function backoff(tried: number): number {
  return 250 * 2 ** tried * (0.5 + Math.random());
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** The events of a stream of them, whose data here is always one line. */
async function* readEvents(response: Response): AsyncGenerator<{ event: string; data: string }> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) return;
      text += value;
      const parts = text.split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) {
        const [, event = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
        yield { event, data };
      }
    }
  } finally {
    // Whoever stops listening ends the work.
    await reader?.cancel();
  }
}
