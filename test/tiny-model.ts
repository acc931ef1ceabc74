import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../files/hash.js";
import type { GraphFile, Manifest, SpecialTokens } from "../runtime/core/index.js";
import { type TinyGraph, type TinySizes, tinyDecoder, tinyEncoder } from "./tiny-graphs.js";

const WORDS =
  "<pad> <start> <end> <unk> a dog cat bird man woman child runs sits jumps plays on in over the grass water street " +
  "red blue green white small large two three with ball hat tree";

export interface TinyModelOptions extends Partial<TinySizes> {
  seed?: number;
  name?: string;
  /** Each precision gets the same float32 graphs, under its own file names. */
  precisions?: ("fp32" | "fp16" | "int8")[];
}

/**
 * Writes a whole model folder with random weights: real graphs of the contract's names, types and shapes, a tokenizer
 * and a manifest with true sizes and hashes.
 * @returns the manifest written
 */
export async function writeTinyModel(folder: string, options: TinyModelOptions = {}): Promise<Manifest> {
  const { seed = 1, name = "tiny", precisions = ["fp32"], ...asked } = options;
  const sizes: TinySizes = {
    width: 32,
    height: 32,
    grid: [4, 4],
    channels: 8,
    attention: 6,
    embedding: 5,
    hidden: 10,
    vocabulary: WORDS.split(" ").length,
    ...asked,
  };
  await mkdir(folder, { recursive: true });
  const store = async (file: string, content: string | Uint8Array) => {
    await writeFile(join(folder, file), content);
    return { file, bytes: Buffer.byteLength(content), sha256: sha256(content) };
  };
  const graphFiles = async (role: string, { bytes, inputs, outputs }: TinyGraph) => {
    const files: Partial<Record<"fp32" | "fp16" | "int8", GraphFile>> = {};
    for (const precision of precisions) {
      files[precision] = { ...(await store(`${role}.${precision}.onnx`, bytes)), opset: 17, inputs, outputs };
    }
    return files;
  };
  const words = Array.from({ length: sizes.vocabulary }, (_, id) => WORDS.split(" ")[id] ?? `word${id}`);
  const tokens: SpecialTokens = { pad: 0, start: 1, end: 2, unk: 3 };
  const model = {
    type: "WordLevel",
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    unk_token: "<unk>",
  };
  const manifest: Manifest = {
    formatVersion: 1,
    name,
    description: "A captioner with random weights, for tests.",
    licence: { model: "CC0-1.0", notices: [] },
    backbone: {
      name: "random-patches",
      layer: "activated",
      weightsSha256: sha256(`seed ${seed}`),
      featureShape: { locations: sizes.grid[0] * sizes.grid[1], channels: sizes.channels, grid: sizes.grid },
    },
    preprocessing: { width: sizes.width, height: sizes.height, resize: "stretch" },
    decoding: { beam: 3, maxLength: 12, lengthExponent: 0.7 },
    tokenizer: await store("tokenizer.json", JSON.stringify({ version: "1.0", added_tokens: [], model })),
    tokens,
    graphs: {
      encoder: await graphFiles("encoder", tinyEncoder(sizes, seed)),
      decoder: await graphFiles("decoder", tinyDecoder(sizes, seed)),
    },
    parity: [],
    evaluation: [],
    training: { dataset: "none" },
  };
  await writeFile(join(folder, "model.json"), JSON.stringify(manifest, null, 2));
  return manifest;
}
