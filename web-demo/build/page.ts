import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import sharp from "sharp";
import { packageRoot } from "../../files/package-root.js";
import { DEFAULT_MODEL, loadModel, resolveModel } from "../../runtime/node/index.js";
import type { Site } from "../page/site.js";
import { compress, FORMS, type Sizes } from "./compress.js";
import { BUNDLE, bundleRuntime, describeFile, ORT_BINARIES } from "./runtime.js";

const compiledPage = fileURLToPath(new URL("../page/", import.meta.url));
const source = join(packageRoot(), "web-demo", "site");

/** What was written. */
export interface BuiltSite {
  folder: string;
  /** Bytes of the page's own scripts, styles and HTML, gzipped. */
  own: number;
  /** Bytes that a first visit loads in WebAssembly, by model: all of them, the page's icons and pictures too. */
  download: Site["download"];
}

/** The page loads the runtime as others do: the files of its folder, unbundled. */
const besideThePage: Plugin = {
  name: "runtime-beside-the-page",
  setup({ onResolve }) {
    onResolve({ filter: /runtime\/web\/index\.js$/ }, () => ({ path: "./showtell/index.js", external: true }));
  },
};

/**
 * Writes the page as a folder of static files.
 * @param models folders of models or names of shipped ones; the default model if there are none
 * @param effort 1 to 11: how hard to compress the large ones
 * @throws ShowtellError as loadModel
 */
export async function buildSite(
  folder: string,
  { models = [DEFAULT_MODEL], effort = 11 }: { models?: string[]; effort?: number } = {},
): Promise<BuiltSite> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(source, folder, { recursive: true });
  await bundleRuntime(join(folder, "showtell"));
  for (const size of [192, 512]) {
    await sharp(join(source, "icon.svg"), { density: 600 })
      .resize(size, size)
      .png()
      .toFile(join(folder, `icon-${size}.png`));
  }
  const samples = await copySamples(join(folder, "samples"));

  const site: Site = {
    models: [],
    runtime: { wasm: await runtimeFile(folder, "wasm"), webgpu: await runtimeFile(folder, "webgpu") },
    brotli: "showtell/brotli.js",
    compressed: [...FORMS],
    download: {},
    samples,
  };
  const [runtimeSizes, , ...copied] = await Promise.all([
    compress(join(folder, site.runtime.wasm.url), effort),
    compress(join(folder, site.runtime.webgpu.url), effort),
    ...models.map((model) => copyModel(resolveModel(model), join(folder, "models"), effort)),
  ]);
  const decoder =
    (await gzippedSize([join(folder, site.brotli)])) + (await stat(join(folder, "showtell/brotli.wasm.gz"))).size;
  for (const { name, sizes } of copied) {
    site.models.push({ name, url: `models/${name}/` });
    const brotli = sizes.br + runtimeSizes.br;
    site.download[name] = { brotli, other: sizes.gz + decoder + runtimeSizes.br };
  }

  const shared = { ...BUNDLE, outdir: folder, write: true, entryNames: "[name]" };
  const define = { SITE: JSON.stringify(site) };
  const entryPoints = [{ in: join(compiledPage, "main.js"), out: "app" }];
  await build({ ...shared, entryPoints, define, plugins: [besideThePage] });
  const shell = await shellFiles(folder);
  const version = createHash("sha256");
  for (const path of shell) version.update(path).update(await readFile(join(folder, path)));
  await build({
    ...shared,
    format: "iife",
    entryPoints: [join(compiledPage, "sw.js")],
    define: { VERSION: JSON.stringify(version.digest("hex").slice(0, 16)), SHELL: JSON.stringify(["./", ...shell]) },
  });

  const ownFiles = ["index.html", "style.css", "app.js", "sw.js", "showtell/index.js"];
  const own = await gzippedSize(ownFiles.map((path) => join(folder, path)));
  const rest = await gzippedSize(["index.html", "sw.js", ...shell].map((path) => join(folder, path)));
  const download = Object.entries(site.download).map(([name, { brotli, other }]) => {
    return [name, { brotli: brotli + rest, other: other + rest }];
  });
  return { folder, own, download: Object.fromEntries(download) };
}

/** All that the page needs to open without a network: no models and no binaries, which the runtime keeps itself. */
async function shellFiles(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return files
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .filter(
      (path) =>
        !/^models\/|^samples\/.*jpg$/.test(path) && !/\.wasm(\.\w+)?$|brotli\.js$/.test(path) && path !== "index.html",
    )
    .sort();
}

async function runtimeFile(folder: string, provider: keyof typeof ORT_BINARIES) {
  const url = `showtell/${ORT_BINARIES[provider]}`;
  return { url, ...(await describeFile(join(folder, url))) };
}

async function copySamples(folder: string): Promise<Site["samples"]> {
  await mkdir(folder, { recursive: true });
  const from = join(packageRoot(), "samples");
  const files = (await readdir(from)).filter((file) => file.endsWith(".jpg")).sort();
  for (const file of files) {
    await cp(join(from, file), join(folder, file));
    const small = sharp(join(from, file)).resize(160, 160, { fit: "cover" }).webp({ quality: 70 });
    await small.toFile(join(folder, file.replace(".jpg", ".webp")));
  }
  return files.map((file) => {
    const name = basename(file, ".jpg");
    return { file: `samples/${file}`, small: `samples/${name}.webp`, name };
  });
}

/** Copies what a browser reads of a model, with its compressed forms; gives the bytes of those that a page loads. */
async function copyModel(from: string, models: string, effort: number): Promise<{ name: string; sizes: Sizes }> {
  const { manifest } = await loadModel(from);
  const folder = join(models, manifest.name);
  await mkdir(folder, { recursive: true });
  const { encoder, decoder } = manifest.graphs;
  const precision = (["int8", "fp16", "fp32"] as const).find((name) => encoder[name] && decoder[name])!;
  const graphs = [encoder, decoder].flatMap((role) => Object.values(role));
  const used = [manifest.tokenizer, encoder[precision]!, decoder[precision]!].map(({ file }) => file);
  await cp(join(from, "model.json"), join(folder, "model.json"));
  const json = await gzippedSize([join(folder, "model.json")]);
  const sizes: Sizes = { br: json, gz: json };
  const files = [manifest.tokenizer, ...graphs].map(async ({ file }) => {
    await cp(join(from, file), join(folder, file));
    const { br, gz } = await compress(join(folder, file), effort);
    if (!used.includes(file)) return;
    sizes.br += br;
    sizes.gz += gz;
  });
  await Promise.all(files);
  await writeFile(join(folder, "LICENCE.txt"), [manifest.licence.model, ...manifest.licence.notices].join("\n\n"));
  return { name: manifest.name, sizes };
}

async function gzippedSize(paths: string[]): Promise<number> {
  let sum = 0;
  for (const path of paths) sum += gzipSync(await readFile(path), { level: 9 }).length;
  return sum;
}
