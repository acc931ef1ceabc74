import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readOnnx } from "../converter/index.js";
import { ModelFolderWriter } from "../training/export/model-folder.js";
import { storeGraphs } from "../training/export/stored-graphs.js";
import { writeTinyModel } from "./tiny-model.js";

/** Writes the tiny model into `folder`/whole, with its captioner in one graph, whose weights are in the others' files. */
export async function writeModelWithCaptioner(folder: string): Promise<void> {
  const plain = join(folder, "plain");
  const manifest = await writeTinyModel(plain);
  const graph = async (role: "encoder" | "decoder") =>
    readOnnx(await readFile(join(plain, manifest.graphs[role].fp32?.file ?? "")));
  const writer = await ModelFolderWriter.create(join(folder, "whole"));
  const graphs = { encoder: await graph("encoder"), decoder: await graph("decoder") };
  const { tokens, decoding, preprocessing: input } = manifest;
  const { files } = await storeGraphs(writer, graphs, "fp32", { tokens, decoding, input });
  const tokenizer = await writer.add("tokenizer.json", await readFile(join(plain, "tokenizer.json"), "utf8"));
  const { encoder, decoder, captioner } = files;
  const all = { encoder: { fp32: encoder }, decoder: { fp32: decoder }, captioner: { fp32: captioner } };
  await writer.finish({ ...manifest, name: "whole", tokenizer, graphs: all });
}
