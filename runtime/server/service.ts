import type { Logger } from "pino";
import { attentionPicture, type Caption } from "../node/index.js";
import type { ServerConfig } from "./config.js";
import { Metrics } from "./metrics.js";
import { describeModel, type LoadedModel, Models, type Reloaded } from "./models.js";
import { RequestError } from "./problem.js";
import type { SearchOptions, TimedCaption } from "./queue.js";
import type { CaptionRequestOptions, ImageCaption, ServedModel } from "./schemas.js";
import { Cache, SharedWork } from "./shared-work.js";

/** An image's caption as it is answered, with its times in milliseconds. */
export interface Answered {
  caption: ImageCaption;
  queue: number;
  decode: number;
  inference: number;
}

/** Everything behind the routes: models, what is in flight, and whether the server is ready. */
export class Service {
  readonly metrics = new Metrics();
  readonly models: Models;
  /** Resolves when all models are warm; rejects if one cannot be loaded. */
  readonly ready: Promise<void>;
  readonly #log: Logger;
  readonly #shared = new SharedWork<TimedCaption>();
  readonly #cache: Cache<TimedCaption>;
  #state: "loading" | "ready" | "draining" = "loading";

  constructor(config: ServerConfig, log: Logger) {
    this.#log = log;
    this.models = new Models(config, this.metrics);
    this.#cache = new Cache(config.cachedCaptions);
    const queued = () => this.models.list.reduce((sum, { queue }) => sum + queue.length, 0);
    this.metrics.gauge("showtell_queue_length", "Images that wait.", queued);
    this.metrics.gauge("showtell_worker_restarts", "Workers that ended or got stuck and were replaced.", () => {
      return this.models.restarts;
    });
    this.metrics.gauge("showtell_ready", "1 when warm and not draining.", () => (this.isReady ? 1 : 0));
    this.ready = this.models.load().then(() => {
      if (this.#state === "loading") this.#state = "ready";
      log.info({ models: this.list() }, "ready");
    });
    this.ready.catch(() => {});
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }

  get isDraining(): boolean {
    return this.#state === "draining";
  }

  list(): ServedModel[] {
    return this.models.list.map(describeModel);
  }

  /** @throws RequestError NOT_READY, MODEL_UNKNOWN */
  model(reference?: string): LoadedModel {
    if (this.#state === "loading") {
      throw new RequestError("NOT_READY", "The server is still loading its models.", { retryAfter: 2 });
    }
    return this.models.find(reference);
  }

  /**
   * Captions one image. The same image with the same options that is already being captioned is not captioned again.
   * @param onWord told of the words as greedy decoding writes them
   * @throws ShowtellError as CaptionQueue.caption
   */
  async caption(
    model: LoadedModel,
    bytes: Uint8Array,
    options: CaptionRequestOptions,
    signal: AbortSignal,
    onWord?: (word: string) => void,
  ): Promise<Answered> {
    const search: SearchOptions = {
      beam: onWord ? 1 : options.beam,
      alternatives: options.alternatives,
      maxLength: options.max_length,
    };
    const timed = onWord
      ? await model.queue.caption(bytes, search, signal, onWord)
      : await this.#captionOnce(model, bytes, search, signal);
    const { caption, ...times } = timed;
    return { caption: await this.#answer(model, bytes, caption, options.attention), ...times };
  }

  /** Loads what has changed on disk, without a request that fails. */
  async reload(): Promise<Reloaded> {
    const { loaded, unchanged, failed } = await this.models.reload();
    const result = { loaded, unchanged, failed: failed.map(({ model, message }) => ({ model, message })) };
    if (result.failed.length > 0) this.#log.error(result, "models reloaded in part");
    else this.#log.info(result, "models reloaded");
    return result;
  }

  /** From now on not ready: whoever balances the load sends nothing new. */
  drain(): void {
    this.#state = "draining";
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    this.drain();
    await this.models.close();
  }

  async #captionOnce(model: LoadedModel, bytes: Uint8Array, search: SearchOptions, signal: AbortSignal) {
    // Not node:crypto's own hash: this one runs outside the event loop.
    const hash = Buffer.from(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)).toString("hex");
    const key = JSON.stringify([hash, model.name, model.version, search.beam, search.alternatives, search.maxLength]);
    const known = this.#cache.get(key);
    if (known) {
      this.metrics.cached.inc();
      return { ...known, queue: 0, decode: 0, inference: 0 };
    }
    let mine = false;
    const result = await this.#shared.run(key, signal, (all) => {
      mine = true;
      return model.queue.caption(bytes, search, all);
    });
    if (mine) this.#cache.set(key, result);
    else this.metrics.shared.inc();
    return result;
  }

  async #answer(
    { captioner }: LoadedModel,
    bytes: Uint8Array,
    caption: Caption,
    attention: CaptionRequestOptions["attention"],
  ): Promise<ImageCaption> {
    const { sentence, score, tokens, alternatives, grid } = caption;
    const answer: ImageCaption = { caption: caption.caption, sentence, score, tokens, alternatives };
    if (attention === "numbers") {
      const cells = grid[0] * grid[1];
      const maps = caption.words.map((_, t) => Array.from(caption.attention.subarray(t * cells, (t + 1) * cells)));
      answer.attention = { grid, maps };
    } else if (attention === "png") {
      const picture = await attentionPicture(bytes, caption, captioner.manifest.preprocessing);
      answer.attention = { grid, png: Buffer.from(picture).toString("base64") };
    }
    return answer;
  }
}
