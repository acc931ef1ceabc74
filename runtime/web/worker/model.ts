import * as z from "zod";
import { ShowtellError } from "../../../errors/index.js";
import {
  type Manifest,
  modelFaults,
  type Precision,
  parseManifest,
  parseTokenizer,
  type Tokenizer,
} from "../../core/index.js";
import type { WorkerSetup } from "../protocol.js";
import type { LoadProgress } from "../types.js";
import { choosePrecision } from "./choose-precision.js";
import { fetchFiles, fetchText } from "./model-files.js";

/** A model folder that was loaded and checked. */
export interface LoadedModel {
  manifest: Manifest;
  tokenizer: Tokenizer;
  precision: Precision;
  encoder: Uint8Array;
  decoder: Uint8Array;
  /** onnxruntime's binary, where the page said where it lies. */
  runtime?: Uint8Array;
}

/** @throws ShowtellError MODEL_DOWNLOAD, MODEL_INVALID, MODEL_ALTERED; as choosePrecision */
export async function loadModel(
  { url, precision: choice, keep, compressed, brotli, runtime }: WorkerSetup,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadedModel> {
  // zod would try to compile its schemas, of which a strict Content-Security-Policy complains.
  z.config({ jitless: true });
  const manifest = parseManifest(await fetchText(`${url}model.json`, keep));
  const precision = choosePrecision(manifest, choice);
  const { encoder, decoder } = manifest.graphs;
  const wanted = [manifest.tokenizer, encoder[precision]!, decoder[precision]!].map(({ file, bytes, sha256 }) => {
    return { url: url + file, bytes, sha256 };
  });
  const files = await fetchFiles(runtime ? [...wanted, { ...runtime, brotli }] : wanted, {
    keep,
    compressed,
    onProgress,
  });
  const tokenizer = parseTokenizer(new TextDecoder().decode(files[0]));
  const faults = modelFaults(manifest, tokenizer);
  if (faults.length > 0) {
    throw new ShowtellError("MODEL_INVALID", `The graphs of ${url} are not a captioner's: ${faults.join("; ")}.`);
  }
  return { manifest, tokenizer, precision, encoder: files[1]!, decoder: files[2]!, runtime: files[3] };
}
