import { ShowtellError, toShowtellError } from "../../../errors/index.js";
import type { LoadProgress } from "../types.js";
import { type Form, unpacker } from "./unpack.js";

const CACHE = "showtell-models";

/** A file to load: its whole address, and what it must be. */
export interface WantedFile {
  url: string;
  bytes: number;
  sha256: string;
  /** Whole address of a module that unpacks its Brotli form where the browser cannot. */
  brotli?: string;
}

export interface FetchOptions {
  keep: boolean;
  compressed: Form[];
  onProgress(progress: LoadProgress): void;
}

/**
 * Loads files, each from the cache where it lies there unaltered, else from the network, and keeps it by its hash. A
 * download that differs from its hash is tried once more past all caches.
 * @throws ShowtellError MODEL_DOWNLOAD, MODEL_ALTERED
 */
export async function fetchFiles(files: WantedFile[], options: FetchOptions): Promise<Uint8Array<ArrayBuffer>[]> {
  const progress: LoadProgress = { phase: "download", loaded: 0, total: 0, cached: 0 };
  for (const { bytes } of files) progress.total += bytes;
  const count = (bytes: number, cached = 0) => {
    progress.loaded += bytes;
    progress.cached += cached;
    options.onProgress({ ...progress });
  };
  count(0);
  return Promise.all(files.map((file) => locked(file, () => fetchFile(file, options, count))));
}

/** Text of a small file, of which nothing is known yet; from the cache where the network fails. */
export async function fetchText(url: string, keep: boolean): Promise<string> {
  const cache = keep ? await openCache() : undefined;
  try {
    const response = await get(url, { cache: "no-cache" });
    const text = await response.text();
    await cache?.put(url, new Response(text)).catch(() => {});
    return text;
  } catch (error) {
    const kept = await cache?.match(url);
    if (kept) return kept.text();
    throw error;
  }
}

type Count = (bytes: number, cached?: number) => void;

/** Two tabs that load the same file: the second waits and finds it in the cache. */
function locked<T>({ sha256 }: WantedFile, work: () => Promise<T>): Promise<T> {
  return navigator.locks ? (navigator.locks.request(`showtell:${sha256}`, work) as Promise<T>) : work();
}

async function fetchFile(file: WantedFile, options: FetchOptions, count: Count): Promise<Uint8Array<ArrayBuffer>> {
  const cache = options.keep ? await openCache() : undefined;
  // A page that changes its model under the same names must not find the old one.
  const key = `${file.url}?sha256=${file.sha256}`;
  const kept = await cache?.match(key);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if ((await sha256Of(bytes)) === file.sha256) {
      count(file.bytes, file.bytes);
      return bytes;
    }
    await cache?.delete(key);
  }
  let failure = new ShowtellError("MODEL_DOWNLOAD", `${file.url} was not loaded.`);
  // The second time past all caches, and as it is: a host may have changed a compressed form on the way.
  for (const [forms, mode] of [
    [options.compressed, "default"],
    [[], "reload"],
  ] as const) {
    let counted = 0;
    try {
      const bytes = await download(file, forms, mode, (more) => {
        counted += more;
        count(more);
      });
      const found = await sha256Of(bytes);
      if (found === file.sha256) {
        // A full disk keeps nothing, and the captioner works all the same.
        const headers = { "Content-Length": `${bytes.length}` };
        await cache?.put(key, new Response(bytes, { headers })).catch(() => {});
        return bytes;
      }
      failure = altered(file, found);
    } catch (error) {
      failure = toShowtellError(error);
    }
    count(-counted);
  }
  throw failure;
}

function altered({ url, sha256 }: WantedFile, found: string): ShowtellError {
  return new ShowtellError("MODEL_ALTERED", `${url} has the sha256 ${found}; ${sha256} was expected.`);
}

async function download(
  { url, bytes, brotli }: WantedFile,
  compressed: readonly Form[],
  cache: RequestCache,
  count: Count,
): Promise<Uint8Array<ArrayBuffer>> {
  for (const form of compressed) {
    const unpack = await unpacker(form, brotli);
    if (!unpack) continue;
    const response = await get(`${url}.${form}`, { cache });
    // A host that takes FILE.gz for a transfer encoding has the browser unpack it already.
    const packed = response.headers.get("content-encoding") !== (form === "br" ? "br" : "gzip");
    return read(packed ? response.body?.pipeThrough(unpack) : response.body, url, bytes, count);
  }
  return read((await get(url, { cache })).body, url, bytes, count);
}

async function read(
  body: ReadableStream<Uint8Array> | null | undefined,
  url: string,
  expected: number,
  count: Count,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(expected);
  let length = 0;
  try {
    const reader = body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      // Longer than it should be: its hash will not fit, and the message then says so.
      if (length + part.value.length > expected) return new Uint8Array(length + part.value.length);
      bytes.set(part.value, length);
      length += part.value.length;
      count(part.value.length);
    }
  } catch (error) {
    throw new ShowtellError("MODEL_DOWNLOAD", `The download of ${url} broke off.`, { cause: error });
  }
  if (length < expected) bytes = bytes.slice(0, length);
  return bytes;
}

async function get(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    throw new ShowtellError("MODEL_DOWNLOAD", `${url} cannot be reached.`, { cause: error });
  }
  if (response.ok) return response;
  throw new ShowtellError("MODEL_DOWNLOAD", `${url} cannot be loaded: the server says ${response.status}.`);
}

/** undefined where the browser keeps nothing, as in some private windows. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE);
  } catch {
    return undefined;
  }
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
