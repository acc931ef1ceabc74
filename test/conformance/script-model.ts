import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import type { io } from "@tensorflow/tfjs";

/**
 * Reads a model whose model.json and shards (in base64) are CommonJS files, as bundlers take them. They run in a context
 * of their own that has nothing but `module`.
 */
export async function readScriptModel(folder: string): Promise<io.ModelArtifacts> {
  const names = await readdir(folder);
  const load = async (name: string) => {
    const file = names.find((found) => found === `${name}.min.js`);
    if (!file) throw new Error(`${folder} holds no ${name}.min.js`);
    const module = { exports: undefined as unknown };
    runInNewContext(await readFile(join(folder, file), "utf8"), { module, exports: {} });
    return module.exports;
  };
  // Through text: objects of another context have other prototypes.
  const json = JSON.parse(JSON.stringify(await load("model"))) as io.ModelJSON;
  const paths = json.weightsManifest.flatMap((group) => group.paths);
  const shards: Buffer[] = [];
  for (const path of paths) shards.push(Buffer.from((await load(path.replace(/\.bin$/, ""))) as string, "base64"));
  const whole = Buffer.concat(shards);
  const { weightsManifest, ...rest } = json;
  return {
    ...(rest as Omit<io.ModelArtifacts, "weightSpecs" | "weightData">),
    weightSpecs: weightsManifest.flatMap((group) => group.weights),
    weightData: whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.byteLength) as ArrayBuffer,
  };
}
