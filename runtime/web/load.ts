import { ShowtellError } from "../../errors/index.js";
import { CaptionWorker } from "./caption-worker.js";
import { Captioner, type ReadyWorker } from "./captioner.js";
import { type PassedOver, providersToTry } from "./choose-provider.js";
import type { WorkerSetup } from "./protocol.js";
import type { LoadOptions, Provider } from "./types.js";

/**
 * Loads a model folder from an address and opens it in a Web Worker. Its files are checked by the sha256 of the manifest
 * and kept in the Cache API. With device "auto" WebGPU is tried first and WebAssembly after it; `passedOver` of the
 * captioner says why WebGPU was not taken.
 * @param url address of the folder that holds model.json; relative ones are resolved against the page
 * @throws ShowtellError MODEL_DOWNLOAD, MODEL_ALTERED, MODEL_INVALID, DEVICE_UNAVAILABLE, USAGE; the signal's reason
 */
export async function loadCaptioner(url: string | URL, options: LoadOptions = {}): Promise<Captioner> {
  const { device = "auto", signal } = options;
  signal?.throwIfAborted();
  if (!globalThis.isSecureContext) {
    const why = "browsers compute hashes and keep files only on https: and on localhost";
    throw new ShowtellError("USAGE", `Open the page over https: or from localhost: ${why}.`);
  }
  const folder = new URL(url, globalThis.document?.baseURI ?? location.href).href.replace(/\/?$/, "/");
  let captioner: Captioner | undefined;
  const start = (provider: Provider) =>
    startWorker(provider, folder, options, (worker, reason) => captioner?.lost(worker, reason));

  const { order, passed } = await providersToTry(device);
  const failures: PassedOver[] = [...passed];
  for (const provider of order) {
    try {
      captioner = new Captioner(await start(provider), failures, () => start("wasm"));
      return captioner;
    } catch (error) {
      if (!mayTryNext(error) || provider === order.at(-1)) throw error;
      failures.push({ provider, reason: (error as Error).message });
    }
  }
  throw new ShowtellError("DEVICE_UNAVAILABLE", `The model cannot run on ${device} here.`);
}

/** Whether another provider may do what this one could not: no other one mends an address or a file. */
function mayTryNext(error: unknown): boolean {
  return error instanceof ShowtellError && ["DEVICE_UNAVAILABLE", "MODEL_INVALID", "INTERNAL"].includes(error.code);
}

async function startWorker(
  provider: Provider,
  url: string,
  options: LoadOptions,
  onLost: (worker: CaptionWorker, reason: string) => void,
): Promise<ReadyWorker> {
  const { precision, onProgress = () => {}, signal, keep = true, compressed = [], brotli, runtime } = options;
  const whole = (address: string | URL) => new URL(address, globalThis.document?.baseURI ?? location.href).href;
  // Without isolation there is no shared memory, and so one thread.
  const most = globalThis.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  const setup: WorkerSetup = {
    kind: "load",
    url,
    precision: { provider, auto: (options.device ?? "auto") === "auto", asked: precision },
    threads: Math.max(1, Math.min(options.threads ?? most, globalThis.crossOriginIsolated ? 64 : 1)),
    keep,
    compressed,
    brotli: brotli && whole(brotli),
    runtime: runtime?.[provider] && { ...runtime[provider], url: whole(runtime[provider].url) },
  };
  const worker = new CaptionWorker(provider, setup, onProgress, (reason) => onLost(worker, reason));
  let stop = () => {};
  try {
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(signal?.reason);
      signal?.addEventListener("abort", stop, { once: true });
    });
    return { worker, ready: await Promise.race([worker.ready, stopped]) };
  } catch (error) {
    worker.end();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
