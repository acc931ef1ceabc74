import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { packageRoot } from "../../files/package-root.js";
import { environmentName, ServerConfig } from "../../runtime/server/config.js";
import { picture, post, read, withServer } from "../served.js";
import { writeTinyModel } from "../tiny-model.js";
import { environmentOf, instruction, readDockerfile, type Stage } from "./dockerfile.js";

const root = packageRoot();
const { stages } = await readDockerfile();
const final = stages.filter(({ instructions }) => instructions.some(({ name }) => name === "ENTRYPOINT"));
const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
  bin: { showtell: string };
  files: string[];
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
};
const commands = stages.flatMap(({ instructions }) =>
  instructions.filter(({ name }) => name === "RUN").flatMap(({ text }) => text.split(/ && | \| /)),
);

/** The entry point's file as it lies in the repository. */
function entryOf(stage: Stage): string[] {
  const [program, file = "", ...rest] = instruction(stage, "ENTRYPOINT").list ?? [];
  assert.equal(program, "node", "node is the first process: a shell would keep SIGTERM from it");
  assert.ok(file.startsWith("/app/"), file);
  return [file.replace("/app", root), ...rest];
}

test("two images, that of the CPU by default", () => {
  assert.deepEqual(
    final.map(({ name }) => name),
    ["cuda", "cpu"],
  );
  assert.equal(stages.at(-1)?.name, "cpu");
  for (const { from } of stages)
    assert.match(from, /^(node:\d+-\w+-slim|nvidia\/cuda:[\d.]+-cudnn-runtime-\w+[\d.]+|build)$/);
});

test("what is copied is there: stages come before, files are not kept out of the build", async () => {
  const ignored = (await readFile(join(root, "deploy", "Dockerfile.dockerignore"), "utf8")).trim().split("\n");
  const { include } = JSON.parse(await readFile(join(root, "tsconfig.json"), "utf8")) as { include: string[] };
  const needed = ["package.json", "package-lock.json", "scripts", "tsconfig.web.json", ...include, ...manifest.files];
  for (const [at, { instructions }] of stages.entries()) {
    for (const { name, text } of instructions) {
      if (name !== "COPY") continue;
      const [, from, paths = ""] = /^(?:--from=(\S+) )?(.*)$/.exec(text) ?? [];
      const sources = paths.split(" ").slice(0, -1);
      if (from)
        assert.ok(
          stages.slice(0, at).some((stage) => stage.name === from),
          from,
        );
      else for (const source of sources) assert.ok(existsSync(join(root, source)), source);
    }
  }
  for (const path of needed) {
    const [top = ""] = path.split("/");
    if (path !== "dist" && !path.startsWith("!")) assert.ok(!ignored.includes(top) && !ignored.includes(path), path);
  }
});

test("npm knows the commands and the flags", async () => {
  const { stdout } = await promisify(execFile)("npm", ["config", "ls", "-l", "--json"], { cwd: tmpdir() });
  const flags = new Set(Object.keys(JSON.parse(stdout)));
  const npm = commands.filter((command) => command.startsWith("npm ")).map((command) => command.split(" "));
  assert.ok(npm.length >= 4);
  for (const [, name = "", ...rest] of npm) {
    assert.ok(["ci", "run", "pack", "pkg", "prune"].includes(name), name);
    if (name === "run") assert.ok(rest[0] && rest[0] in manifest.scripts, rest[0]);
    if (name === "ci" || name === "prune") assert.ok(rest.includes("--ignore-scripts"));
    for (const flag of rest.filter((word) => word.startsWith("--"))) {
      const [, plain = ""] = /^--(?:no-)?([\w-]+)/.exec(flag) ?? [];
      assert.ok(flags.has(plain), flag);
    }
  }
});

test("the CUDA provider comes by onnxruntime's own script, under a name that it knows", async () => {
  const command = commands.find((text) => text.includes("onnxruntime-node/script"));
  const [, name, script = ""] = /^ONNXRUNTIME_NODE_INSTALL=(\S+) node \/app\/(\S+)$/.exec(command ?? "") ?? [];
  assert.ok(existsSync(join(root, script)), script);
  const metadata = (await import(join(root, "node_modules/onnxruntime-node/script/install-metadata.js"))) as {
    default: { requirements: Record<string, string[]>; manifests: Record<string, Record<string, unknown>> };
  };
  const { requirements, manifests } = metadata.default;
  assert.ok(name && requirements["linux/x64"]?.includes(name), name);
  const files = Object.keys(manifests[`linux/x64:${name}`] ?? {}).map((file) => file.replace("./", ""));
  const named = commands.join(" ").matchAll(/linux\/x64\/(\S+\.so)/g);
  for (const [, file = ""] of named) assert.ok(files.includes(file), file);
});

for (const stage of final) {
  test(`${stage.name}: settings are the server's, and the entry point takes them`, async () => {
    const environment = environmentOf(stage);
    const known = new Set(Object.keys(ServerConfig.shape).map(environmentName));
    const own = Object.keys(environment).filter((name) => name.startsWith("SHOWTELL_"));
    for (const name of own) assert.ok(known.has(name), name);
    const [file = "", ...rest] = entryOf(stage);
    assert.equal(file, join(root, manifest.bin.showtell));
    const args = [file, ...rest, ...(instruction(stage, "CMD").list ?? []), "--print-config"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...environment } });
    const { host, port, device } = JSON.parse(stdout) as ServerConfig;
    assert.deepEqual([host, String(port), device], ["0.0.0.0", instruction(stage, "EXPOSE").text, stage.name]);
  });

  test(`${stage.name}: the health check tells a server that is ready from none`, async () => {
    const [program, ...args] = instruction(stage, "HEALTHCHECK").list ?? [];
    assert.equal(program, "node");
    const check = (port: string) =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, args, { env: { ...process.env, SHOWTELL_PORT: port }, stdio: "ignore" });
        child.on("close", resolve);
      });
    await withServer({ config: { drainDelay: 3000 } }, async ({ url, stop }) => {
      const { port } = new URL(url);
      assert.equal(await check(port), 0);
      const stopped = stop();
      assert.equal(await check(port), 1, "not while it drains");
      await stopped;
      assert.equal(await check(port), 1);
    });
  });
}

test("serving needs none of the packages that the image lacks", async () => {
  const removed =
    commands
      .find((command) => command.startsWith("npm pkg delete"))
      ?.split(" ")
      .slice(3) ?? [];
  const packages = removed.map((key) => key.replace("dependencies.", ""));
  assert.ok(packages.length > 0);
  for (const name of packages) assert.ok(name in manifest.dependencies, name);
  const folder = await mkdtemp(join(tmpdir(), "showtell-image-"));
  await writeTinyModel(join(folder, "tiny"));
  const loader = `export const resolve = (name, context, next) => {
    if (${JSON.stringify(packages)}.some((gone) => name === gone || name.startsWith(gone + "/"))) throw new Error(name + " is not in the image");
    return next(name, context);
  };`;
  const url = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
  const register = `import { register } from "node:module"; register(${JSON.stringify(url(loader))});`;
  const [file = ""] = final.flatMap(entryOf);
  const args = [
    "--import",
    url(register),
    file,
    "serve",
    "--port",
    "0",
    "--workers",
    "1",
    "--model",
    join(folder, "tiny"),
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.on("close", resolve));
  let [log, faults] = ["", ""];
  child.stdout.on("data", (data) => {
    log += data;
  });
  child.stderr.on("data", (data) => {
    faults += data;
  });
  try {
    for (let i = 0; i < 1200 && child.exitCode === null && !/"msg":"ready"/.test(log); i++) await sleep(25);
    assert.match(log, /"msg":"ready"/, faults);
    const address = /"url":"([^"]+)"/.exec(log)?.[1] ?? "";
    assert.ok((await read(post(address, await picture()))).caption);
  } finally {
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
});
