import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { sha256 } from "../../files/hash.js";
import { type Captioner, loadCaptioner, resolveModel } from "../node/index.js";
import type { ServerConfig } from "./config.js";
import type { Metrics } from "./metrics.js";
import { RequestError } from "./problem.js";
import { CaptionQueue } from "./queue.js";
import type { ServedModel } from "./schemas.js";

/** One version of one model, loaded and warm. */
export interface LoadedModel {
  name: string;
  version: string;
  captioner: Captioner;
  queue: CaptionQueue;
  /** Requests that use it now. */
  uses: number;
  /** No longer to be found; closed when its last use ends. */
  retired: boolean;
}

/** What became of each model at a reload. */
export interface Reloaded {
  loaded: string[];
  unchanged: string[];
  failed: { model: string; message: string }[];
}

/** The models that are served, by name and version. Each folder of the configuration has one version at a time. */
export class Models {
  readonly #config: ServerConfig;
  readonly #metrics: Metrics;
  readonly #slots: (LoadedModel | undefined)[];
  #reloading: Promise<Reloaded> | undefined;
  #closed = false;
  /** Restarts of workers of models that are gone. */
  #pastRestarts = 0;

  constructor(config: ServerConfig, metrics: Metrics) {
    this.#config = config;
    this.#metrics = metrics;
    this.#slots = this.#specs.map(() => undefined);
  }

  /** Those in use, the default model first. */
  get list(): LoadedModel[] {
    return this.#slots.filter((slot) => slot !== undefined);
  }

  get restarts(): number {
    return this.list.reduce((sum, { captioner }) => sum + captioner.workerRestarts, this.#pastRestarts);
  }

  /** Loads and warms up all models. @throws ShowtellError as loadCaptioner */
  async load(): Promise<void> {
    const { failed } = await this.reload();
    if (failed[0]) throw failed[0].error;
  }

  /**
   * Loads what has changed on disk, warms it up, then swaps it in: requests in flight finish on the version that they
   * began with. A model that cannot be loaded leaves the one before it in place.
   */
  reload(): Promise<Reloaded & { failed: { error: unknown }[] }> {
    this.#reloading ??= this.#reloadAll().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading as Promise<Reloaded & { failed: { error: unknown }[] }>;
  }

  /** @throws RequestError MODEL_UNKNOWN */
  find(reference?: string): LoadedModel {
    const [name, version] = (reference ?? "").split("@");
    const found = reference
      ? this.list.findLast((model) => model.name === name && (!version || model.version === version))
      : this.list[0];
    if (found) return found;
    throw new RequestError("MODEL_UNKNOWN", `There is no model ${JSON.stringify(reference ?? "")} here.`);
  }

  /** Uses a model in such a way that it is not closed meanwhile. */
  async use<T>(model: LoadedModel, work: () => Promise<T>): Promise<T> {
    model.uses++;
    try {
      return await work();
    } finally {
      model.uses--;
      if (model.retired && model.uses === 0) void this.#close(model);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#reloading;
    await Promise.all(this.list.map((model) => this.#close(model)));
    this.#slots.fill(undefined);
  }

  get #specs(): { name?: string; folder: string }[] {
    const { models } = this.#config;
    if (models.length === 0) return [{ folder: resolveModel() }];
    return models.map((spec) => {
      const [, name, path] = /^([^=/\\]+)=(.+)$/.exec(spec) ?? [];
      return { name, folder: resolveModel(path ?? spec) };
    });
  }

  async #reloadAll() {
    const result = { loaded: [] as string[], unchanged: [] as string[], failed: [] as Failed[] };
    for (const [slot, spec] of this.#specs.entries()) {
      const before = this.#slots[slot];
      try {
        const version = await versionOf(spec.folder);
        if (before?.version === version) {
          result.unchanged.push(reference(before));
          continue;
        }
        const model = await this.#open(spec, version);
        if (this.#closed) {
          await model.captioner.close();
          break;
        }
        this.#slots[slot] = model;
        result.loaded.push(reference(model));
        if (before) this.#retire(before);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        result.failed.push({ model: spec.name ?? spec.folder, message, error });
      }
    }
    return result;
  }

  async #open(spec: { name?: string; folder: string }, version: string): Promise<LoadedModel> {
    const captioner = await this.#openCaptioner(spec.folder);
    try {
      await captioner.warmUp();
    } catch (error) {
      await captioner.close();
      throw error;
    }
    // The folder may have been replaced while it was being read: then the files' hashes said so, or this does.
    if ((await versionOf(spec.folder)) !== version) {
      await captioner.close();
      throw new ShowtellError("MODEL_ALTERED", `${spec.folder} was changed while it was being loaded.`);
    }
    const { queue, queueWait, batchDelay, maxPixels, decodeSeconds } = this.#config;
    const batch = this.#config.batch ?? (captioner.provider === "cpu" ? 1 : 8);
    const formats = ["jpeg", "png", "webp", "avif", "gif"] as const;
    const image = { pixels: maxPixels, formats, seconds: decodeSeconds };
    const limits = { queue, queueWait, batch, batchDelay, image };
    const name = spec.name ?? captioner.manifest.name;
    return {
      name,
      version,
      captioner,
      queue: new CaptionQueue(captioner, limits, this.#metrics),
      uses: 0,
      retired: false,
    };
  }

  /** On CUDA where there is one, for "auto", else on the CPU: what browsers' GPUs are reached by is not for servers. */
  async #openCaptioner(folder: string): Promise<Captioner> {
    const { device, precision, workers, threads, stuckAfter } = this.#config;
    const options = { precision, workers, threads, stuckAfter, isolation: "process", inMemory: true } as const;
    if (device !== "auto") return loadCaptioner(folder, { ...options, device });
    return loadCaptioner(folder, { ...options, device: "cuda" }).catch((error: unknown) => {
      if (!(error instanceof ShowtellError && error.code === "DEVICE_UNAVAILABLE")) throw error;
      return loadCaptioner(folder, { ...options, device: "cpu" });
    });
  }

  #retire(model: LoadedModel): void {
    model.retired = true;
    if (model.uses === 0) void this.#close(model);
  }

  async #close(model: LoadedModel): Promise<void> {
    await model.captioner.close();
    this.#pastRestarts += model.captioner.workerRestarts;
  }
}

type Failed = { model: string; message: string; error: unknown };

/** A model's content by one name: its manifest holds the hashes of all its files. */
async function versionOf(folder: string): Promise<string> {
  const manifest = await readFile(join(folder, "model.json")).catch((cause: unknown) => {
    throw new ShowtellError("FILE_NOT_FOUND", `There is no model.json in ${folder}.`, { cause });
  });
  return sha256(manifest).slice(0, 12);
}

function reference({ name, version }: LoadedModel): string {
  return `${name}@${version}`;
}

/** A model as answers name it. */
export function describeModel({ name, version, captioner }: LoadedModel): ServedModel {
  return { name, version, precision: captioner.precision, provider: captioner.provider };
}
