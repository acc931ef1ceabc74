import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { sha256 } from "../../../files/hash.js";
import { runChild } from "../../published/child.js";
import { findInstallation, installationName } from "./cache.js";
import { installRecipe } from "./install.js";
import type { Recipe } from "./recipe.js";
import { removeNative } from "./status.js";

// The whole installation against a package index of our own, with a wheel that holds a tiny library instead of TensorFlow
// and a tfjs-node whose back end is the plain JavaScript one.

const work = mkdtempSync(join(tmpdir(), "showtell-install-"));
const engines = join(work, "cache", "engine");
const onLinux = process.platform === "linux" && process.arch === "x64";
const canCompile = onLinux && spawnSync("g++", ["--version"]).status === 0;
const skip = canCompile ? false : onLinux ? "there is no g++" : "the native engine is for Linux x64";
const FILE = "tiny_tensorflow-1.0-py3-none-manylinux2014_x86_64.whl";

/** A zip archive of deflated members. */
function zip(members: Record<string, string | Uint8Array>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(members)) {
    const bytes = Buffer.from(content as string);
    const packed = deflateRawSync(bytes);
    const header = Buffer.alloc(26);
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(8, 4);
    header.writeUInt32LE(crc32(bytes), 10);
    header.writeUInt32LE(packed.length, 14);
    header.writeUInt32LE(bytes.length, 18);
    header.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), header, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((0o100644 << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x03", "latin1"), header, rest, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

async function library(name: string, source: string): Promise<Buffer> {
  const file = join(work, name);
  writeFileSync(`${file}.cc`, source);
  const built = await runChild("g++", ["-shared", "-fPIC", `-Wl,-soname,${name}`, `${file}.cc`, "-o", file]);
  assert.equal(built.code, 0, built.stderr);
  return readFileSync(file);
}

const REGISTER = `
const tf = require("@tensorflow/tfjs");
const addon = require("@mapbox/node-pre-gyp").find();
if (!require("node:fs").existsSync(addon)) throw new Error("no addon at " + addon);
tf.copyRegisteredKernels("cpu", "tensorflow");
tf.registerBackend("tensorflow", () => new (tf.findBackend("cpu").constructor)());`;

let libraries: Record<string, Buffer>;

/** A wheel with the given sources, and a recipe for it. */
function tiny({ addon = 'extern "C" int answer(); int use() { return answer(); }', index = REGISTER } = {}) {
  const wheel = zip({
    ...libraries,
    "binding/addon.cc": addon,
    "dist/index.js": index,
    "package.json": '{"name": "@tensorflow/tfjs-node", "main": "dist/index.js"}',
    "tiny_tensorflow-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny-tensorflow\nVersion: 1.0\n",
    "tiny_tensorflow-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
    "tiny_tensorflow-1.0.dist-info/RECORD": "",
  });
  const js = "node_modules/@tensorflow/tfjs-node/";
  const recipe: Recipe = {
    variant: "cpu",
    tfjs: "0",
    tensorflow: "1.0",
    diskBytes: 1e6,
    artefacts: [
      {
        from: "pypi",
        name: "tiny-tensorflow",
        version: "1.0",
        file: FILE,
        bytes: wheel.length,
        sha256: sha256(wheel),
        unpack: [
          { prefix: "lib", to: "deps/lib/lib" },
          { prefix: "binding/", to: `${js}binding/` },
          { prefix: "dist/", to: `${js}dist/` },
          { prefix: "package.json", to: `${js}package.json` },
        ],
      },
    ],
  };
  return { wheel, recipe };
}

let server: Server;
let wheel: Buffer;
/** Where it is set, the index stops in the middle of the file and calls it. */
let stall: (() => void) | undefined;

before(async () => {
  server = createServer((request, response) => {
    if (request.url?.endsWith(FILE)) {
      response.writeHead(200, { "content-length": wheel.length });
      if (stall) response.write(wheel.subarray(0, 1000), stall);
      else response.end(wheel);
    } else {
      response.writeHead(200, { "content-type": "text/html" });
      response.end(`<!DOCTYPE html><html><body><a href="/files/${FILE}">${FILE}</a></body></html>`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  process.env.SHOWTELL_CACHE = join(work, "cache");
  process.env.PIP_INDEX_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`;
  process.env.PIP_CONFIG_FILE = "/dev/null";
  process.env.PIP_RETRIES = "0";
  for (const name of ["PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"]) delete process.env[name];
  if (!canCompile) return;
  libraries = {
    "libtensorflow_cc.so.2": await library("libtensorflow_cc.so.2", 'extern "C" int answer() { return 42; }'),
    "libtensorflow_framework.so.2": await library("libtensorflow_framework.so.2", ""),
  };
});

after(() => {
  server.closeAllConnections();
  server.close();
  rmSync(work, { recursive: true, force: true });
});

beforeEach(() => {
  stall = undefined;
  rmSync(engines, { recursive: true, force: true });
});

const left = () => (existsSync(engines) ? readdirSync(engines) : []);

test("installs, is found, is not installed twice, and is removed", { skip }, async () => {
  const { recipe, wheel: bytes } = tiny();
  wheel = bytes;
  const stages: string[] = [];
  const done = await installRecipe(recipe, { onProgress: ({ stage }) => stages.push(stage) });
  assert.deepEqual([...new Set(stages)], ["download", "unpack", "compile", "self-test"]);
  assert.equal(done.gpu, false);
  assert.deepEqual(left(), [installationName(recipe)]);
  assert.equal(findInstallation(recipe)?.folder, done.folder);
  assert.ok(!existsSync(join(done.folder, "download")) && !existsSync(join(done.folder, "build")));

  wheel = Buffer.alloc(0); // Nothing is downloaded again.
  assert.equal((await installRecipe(recipe, {})).installedAt, done.installedAt);

  assert.deepEqual(await removeNative(), [done.folder]);
  assert.ok(!existsSync(engines));
  assert.equal(findInstallation(recipe), undefined);
  assert.deepEqual(await removeNative(), []);
});

test("without pip the index itself is asked", { skip }, async () => {
  const { recipe, wheel: bytes } = tiny();
  wheel = bytes;
  const path = process.env.PATH;
  const bin = join(work, "bin");
  mkdirSync(bin, { recursive: true });
  for (const python of ["python3", "python"]) {
    writeFileSync(join(bin, python), "#!/bin/sh\necho No module named pip >&2\nexit 1\n", { mode: 0o755 });
  }
  process.env.PATH = `${bin}:${path}`;
  try {
    await installRecipe(recipe, {});
  } finally {
    process.env.PATH = path;
  }
  assert.deepEqual(left(), [installationName(recipe)]);
});

test("without pip and an index, what to install is told", { skip }, async () => {
  const { recipe } = tiny();
  const { PATH, PIP_INDEX_URL } = process.env;
  process.env.PATH = join(work, "bin") + delimiter + PATH;
  delete process.env.PIP_INDEX_URL;
  try {
    await assert.rejects(installRecipe(recipe, {}), {
      code: "DOWNLOAD_FAILED",
      message: /No module named pip.*PIP_INDEX_URL/s,
    });
  } finally {
    Object.assign(process.env, { PATH, PIP_INDEX_URL });
  }
  assert.deepEqual(left(), []);
});

test("a file with another hash than pinned is not used", { skip }, async () => {
  const { recipe, wheel: bytes } = tiny();
  const { wheel: altered } = tiny({ index: `${REGISTER}\n// altered` });
  assert.notEqual(sha256(altered), sha256(bytes));
  wheel = altered;
  await assert.rejects(installRecipe(recipe, {}), { code: "DOWNLOAD_ALTERED", message: new RegExp(sha256(altered)) });
  assert.deepEqual(left(), []);
});

test("no way to the file is told with the reasons", { skip }, async () => {
  const { recipe } = tiny();
  recipe.artefacts[0].name = "tiny-tensorflow";
  const url = process.env.PIP_INDEX_URL;
  process.env.PIP_INDEX_URL = "http://127.0.0.1:9/simple";
  try {
    await assert.rejects(installRecipe(recipe, {}), { code: "DOWNLOAD_FAILED", message: /tiny-tensorflow 1\.0/ });
  } finally {
    process.env.PIP_INDEX_URL = url;
  }
  assert.deepEqual(left(), []);
});

test("a source that does not compile", { skip }, async () => {
  const { recipe, wheel: bytes } = tiny({ addon: "int broken(" });
  wheel = bytes;
  await assert.rejects(installRecipe(recipe, {}), { code: "ENGINE_COMPILE", message: /addon\.cc/ });
  assert.deepEqual(left(), []);
});

test("an engine that computes wrongly, or ends its process, does not count as installed", { skip }, async () => {
  const wrong = `${REGISTER}
tf.unregisterKernel("BatchMatMul", "tensorflow");
tf.registerKernel({ kernelName: "BatchMatMul", backendName: "tensorflow", kernelFunc: ({ inputs, attrs, backend }) => {
  const shape = [inputs.a.shape[attrs.transposeA ? 1 : 0], inputs.b.shape[attrs.transposeB ? 0 : 1]];
  return backend.makeTensorInfo(shape, "float32", new Float32Array(shape[0] * shape[1]));
} });`;
  for (const [index, message] of [
    [wrong, /matrix product is \[0,0,0,0\]/],
    ["process.kill(process.pid, 'SIGILL')", /SIGILL/],
  ] as const) {
    const { recipe, wheel: bytes } = tiny({ index });
    wheel = bytes;
    await assert.rejects(installRecipe(recipe, {}), { code: "ENGINE_SELF_TEST", message });
    assert.deepEqual(left(), []);
  }
});

test("interrupted in the middle of the download, nothing is left", { skip }, async () => {
  const { recipe, wheel: bytes } = tiny();
  wheel = bytes;
  const stop = new AbortController();
  stall = () => stop.abort();
  await assert.rejects(installRecipe(recipe, { signal: stop.signal }), { code: "INTERRUPTED" });
  assert.deepEqual(left(), []);
});

test("what a killed installation left behind does not count and is cleared away by the next", { skip }, async () => {
  const dead = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => dead.on("exit", resolve));
  const { recipe, wheel: bytes } = tiny();
  mkdirSync(join(engines, `.installing-${dead.pid}-00000000`, "deps"), { recursive: true });
  mkdirSync(join(engines, `.installing-${process.pid}-00000000`), { recursive: true }); // Of a process that runs.
  mkdirSync(join(engines, installationName(recipe)), { recursive: true }); // Without its last file.
  assert.equal(findInstallation(recipe), undefined);
  wheel = bytes;
  await installRecipe(recipe, {});
  assert.deepEqual(left().sort(), [`.installing-${process.pid}-00000000`, installationName(recipe)].sort());
  assert.ok(findInstallation(recipe));
});

test("too little space is told before anything is downloaded", { skip }, async () => {
  const { recipe } = tiny();
  recipe.diskBytes = 1e18;
  await assert.rejects(installRecipe(recipe, {}), { code: "DISK_FULL" });
  assert.deepEqual(left(), []);
});
