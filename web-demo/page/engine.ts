import { type Captioner, type Device, type LoadProgress, loadCaptioner } from "../../runtime/web/index.js";
import { announce, element, megabytes } from "./dom.js";
import { plainSentence } from "./sentences.js";
import { site } from "./site.js";

/** Loads the model and says on the page how far it is and what it runs on. */
export class Engine {
  #loading?: Promise<Captioner>;
  #loaded?: Captioner;

  constructor() {
    element("retry").addEventListener("click", () => this.load().catch(() => {}));
    element("loading").hidden = true;
    const size = megabytes(this.#wire());
    element("engine").textContent = `The first visit downloads ${size}; afterwards this page works offline.`;
  }

  get #model() {
    const name = element<HTMLSelectElement>("model").value;
    return site.models.find((model) => model.name === name) ?? site.models[0]!;
  }

  /** Bytes of a first visit with this browser. */
  #wire(): number {
    const sizes = site.download[this.#model.name];
    try {
      new DecompressionStream("brotli" as CompressionFormat);
      return sizes?.brotli ?? 0;
    } catch {
      return sizes?.other ?? 0;
    }
  }

  /** The captioner, which begins to load when it is first asked for. */
  load(): Promise<Captioner> {
    this.#loading ??= this.#start();
    return this.#loading;
  }

  /** Takes up what the settings say now. */
  change(): void {
    this.#loading?.then((captioner) => captioner.dispose()).catch(() => {});
    this.#loading = undefined;
    this.#loaded = undefined;
  }

  async #start(): Promise<Captioner> {
    const { url } = this.#model;
    const bar = element<HTMLProgressElement>("bar");
    element("loading").hidden = false;
    element("retry").hidden = true;
    bar.hidden = false;
    bar.removeAttribute("value");
    element("loading-label").textContent = "Loading the model";
    element("loading-bytes").textContent = "";
    const began = performance.now();
    try {
      const device = element<HTMLSelectElement>("device").value as Device;
      const { runtime, compressed, brotli } = site;
      const onProgress = (progress: LoadProgress) => this.#showProgress(progress, this.#wire());
      const captioner = await loadCaptioner(url, { device, runtime, compressed, brotli, onProgress });
      this.#loaded = captioner;
      element("loading").hidden = true;
      element("engine").textContent =
        `Ready after ${((performance.now() - began) / 1000).toFixed(1)} s. ${this.describe()}.`;
      announce("The model is ready.");
      return captioner;
    } catch (error) {
      this.#loading = undefined;
      element("loading-label").textContent = plainSentence(error);
      element("loading-bytes").textContent = "";
      bar.hidden = true;
      element("retry").hidden = false;
      announce(plainSentence(error));
      throw error;
    }
  }

  #showProgress({ phase, loaded, total, cached }: LoadProgress, wire: number): void {
    const bar = element<HTMLProgressElement>("bar");
    if (phase === "start") {
      bar.removeAttribute("value");
      element("loading-label").textContent = "Starting the model";
      return;
    }
    bar.value = total > 0 ? loaded / total : 0;
    const source = cached > 0 ? "from this browser's cache" : `a download of ${megabytes(wire)}, once`;
    element("loading-bytes").textContent = `${megabytes(loaded)} of ${megabytes(total)} unpacked, ${source}`;
  }

  /** What the model runs on. */
  describe(): string {
    const captioner = this.#loaded;
    if (!captioner) return "";
    const { provider, adapter, threads, precision, manifest } = captioner;
    const where =
      provider === "webgpu" ? `WebGPU (${adapter})` : `WebAssembly with ${threads} thread${threads > 1 ? "s" : ""}`;
    const passed = captioner.passedOver.find((other) => other.provider === "webgpu");
    const why = provider === "wasm" && passed ? `, not on WebGPU: ${passed.reason}` : "";
    return `${manifest.name} (${precision}) runs on ${where}${why}`;
  }
}
