import { type Command, Option } from "commander";
import type { ServerOptions } from "../runtime/server/index.js";

interface ServeFlags extends Record<string, unknown> {
  config?: string;
  printConfig?: boolean;
  newKey?: string;
  admin?: boolean;
}

export async function register(program: Command, args: string[]): Promise<void> {
  const command = program
    .command("serve")
    .description("serve captions over HTTP")
    .option("--config <file>", "settings as JSON; the environment's SHOWTELL_… and flags outweigh them")
    .option("--print-config", "print the settings in force and end")
    .option("--new-key <name>", "print a new API key and its line for the --keys file, and end")
    .option("--admin", "with --new-key: the key may reload models")
    .action(run);
  // The settings are those of the server's schema, which is loaded only when it is needed.
  if (args[0] !== "serve" && !(args[0] === "help" && args[1] === "serve")) return;
  const { flagName, ServerConfig } = await import("../runtime/server/config.js");
  const defaults = ServerConfig.parse({}) as Record<string, unknown>;
  for (const [key, schema] of Object.entries(ServerConfig.shape)) {
    const several = Array.isArray(defaults[key]);
    const name = key === "models" ? "--model" : flagName(key);
    const option = new Option(`${name} <value${several ? "..." : ""}>`, describe(schema.description, defaults[key]));
    command.addOption(option);
  }
}

function describe(description = "", value: unknown): string {
  const shown = value === undefined || Array.isArray(value) ? "" : ` (default: ${value})`;
  return description + shown;
}

async function run(flags: ServeFlags): Promise<void> {
  const { config: file, printConfig, newKey, admin, model, ...values } = flags;
  if (newKey) return printKey(newKey, admin ?? false);
  const { configFromEnvironment, readConfig } = await import("../runtime/server/config.js");
  const config = readConfig(
    { from: file ?? "file", values: file ? await readSettings(file) : {} },
    { from: "environment", values: configFromEnvironment(process.env) },
    { from: "flag", values: model === undefined ? values : { ...values, models: model } },
  );
  if (printConfig) return void process.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
  await listen(config);
}

async function listen(config: ServerOptions): Promise<void> {
  const { serve } = await import("../runtime/server/index.js");
  const running = await serve(config);
  const { service, log, stop } = running;
  const end = async () => {
    const finished = await stop();
    process.exit(finished ? 0 : 1);
  };
  let asked = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (asked) process.exit(signal === "SIGINT" ? 130 : 143);
      asked = true;
      void end();
    });
  }
  process.on("SIGHUP", () => {
    service.reload().catch((error: unknown) => log.error({ err: error }, "models could not be reloaded"));
  });
  try {
    await service.ready;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function printKey(name: string, admin: boolean): Promise<void> {
  const { newApiKey } = await import("../runtime/server/api-keys.js");
  const { key, line } = newApiKey(name, admin);
  process.stderr.write(`The key, shown this once: ${key}\nIts line for the file of --keys:\n`);
  process.stdout.write(`${line}\n`);
}

/** @throws ShowtellError CONFIG_INVALID, FILE_NOT_FOUND */
async function readSettings(file: string): Promise<Record<string, unknown>> {
  const { readFile } = await import("node:fs/promises");
  const { ShowtellError } = await import("../errors/index.js");
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new ShowtellError("FILE_NOT_FOUND", `The settings ${file} cannot be read.`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ShowtellError("CONFIG_INVALID", `${file} is not JSON: ${(error as Error).message}.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ShowtellError("CONFIG_INVALID", `${file} has to be a JSON object of settings.`);
}
