import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { constantPlaces, type Graph, readOnnx, sharingOnnx, writeOnnx } from "../converter/index.js";
import { sha256 } from "../files/hash.js";
import type { GraphFile, Manifest } from "../runtime/core/index.js";
import { buildCaptioner } from "../training/export/captioner/index.js";

/**
 * Gives a tiny model's folder the captioner in float32, which reads its weights from the files of the other two.
 * @returns the manifest written
 */
export async function addCaptioner(folder: string, manifest: Manifest): Promise<Manifest> {
  const store = async (file: string, bytes: Uint8Array) => {
    await writeFile(join(folder, file), bytes);
    return { file, bytes: bytes.length, sha256: sha256(bytes) };
  };
  const again = async (role: "encoder" | "decoder") => {
    const known = manifest.graphs[role].fp32!;
    const graph = readOnnx(await readFile(join(folder, known.file)));
    const stored = await store(known.file, writeOnnx(graph));
    manifest.graphs[role].fp32 = { ...known, ...stored };
    return { graph, stored };
  };
  const [encoder, decoder] = [await again("encoder"), await again("decoder")];
  const { tokens, decoding } = manifest;
  const graph = buildCaptioner(
    { encoder: encoder.graph, decoder: decoder.graph },
    { tokens, lengthExponent: decoding.lengthExponent },
  );
  const places = [encoder, decoder].flatMap(({ graph, stored }) => [...constantPlaces(graph, stored.file)]);
  const values = (list: Graph["inputs"]) => list.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  manifest.graphs.captioner = {
    fp32: {
      ...(await store("captioner.fp32.onnx", sharingOnnx(graph, new Map(places)))),
      opset: graph.opset,
      inputs: values(graph.inputs) as GraphFile["inputs"],
      outputs: values(graph.outputs) as GraphFile["outputs"],
      externalData: [encoder.stored, decoder.stored],
    },
  };
  await writeFile(join(folder, "model.json"), JSON.stringify(manifest, null, 2));
  return manifest;
}
