import { z } from "zod";
import { ShowtellError } from "../../errors/index.js";

/** Text of the environment and of flags as the value that is meant. */
const number = (schema: z.ZodType<number>) =>
  z.preprocess((value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value), schema);
const list = z.preprocess(
  (value) =>
    typeof value === "string"
      ? value
          .split(",")
          .map((part) => part.trim())
          .filter(Boolean)
      : value,
  z.array(z.string().min(1)),
);
const milliseconds = (value: number) => number(z.int().min(1).max(3_600_000)).default(value);
const bytes = (value: number) =>
  number(
    z
      .int()
      .min(1)
      .max(2 ** 30),
  ).default(value);

/** Everything that can be set, by flag, environment or file; times are milliseconds. */
export const ServerConfig = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("address to listen on; 0.0.0.0 for all"),
  port: number(z.int().min(0).max(65535)).default(3000).describe("port to listen on; 0 for any that is free"),
  models: list.default([]).describe("model folders, DIR or NAME=DIR; the shipped model without any"),
  device: z
    .enum(["auto", "cpu", "cuda", "webgpu"])
    .default("auto")
    .describe("where to run; auto: CUDA where there is one, else the CPU"),
  precision: z.enum(["fp32", "fp16", "int8"]).optional().describe("of the models' weights; the best by default"),
  workers: number(z.int().min(1).max(256))
    .optional()
    .describe("worker processes a model; as many as the CPU gains from"),
  threads: number(z.int().min(1).max(1024)).optional().describe("CPU threads that the workers share; all by default"),
  batch: number(z.int().min(1).max(256)).optional().describe("most images run together; 1 on the CPU, 8 on a GPU"),
  batchDelay: milliseconds(4).describe("longest wait for a batch to fill"),
  queue: number(z.int().min(1).max(100_000)).default(128).describe("most images that wait; further ones get 503"),
  queueWait: milliseconds(5000).describe("longest wait that is promised: what would wait longer gets 503 at once"),
  deadline: milliseconds(30_000).describe("a request that takes longer is given up with 503"),
  bodyTime: milliseconds(15_000).describe("longest time for a request's body to arrive"),
  drainDelay: milliseconds(1000).describe("how long SIGTERM still lets connections in, until load balancers know"),
  drainTime: milliseconds(25_000).describe("longest time for requests in flight to finish on SIGTERM"),
  stuckAfter: milliseconds(20_000).describe("a worker without a sign of life for so long is replaced"),
  maxBodyBytes: bytes(20 * 2 ** 20).describe("largest body of a request"),
  maxImageBytes: bytes(10 * 2 ** 20).describe("largest image file"),
  maxBodiesBytes: number(
    z
      .int()
      .min(1)
      .max(2 ** 40),
  )
    .default(256 * 2 ** 20)
    .describe("most bytes of all bodies at one time"),
  maxImages: number(z.int().min(1).max(1000)).default(16).describe("most images in one request"),
  maxPixels: number(z.int().min(1).max(500_000_000)).default(25_000_000).describe("most pixels of an image"),
  decodeSeconds: number(z.int().min(1).max(600)).default(5).describe("longest time to decode an image"),
  maxConnections: number(z.int().min(1).max(1_000_000)).default(2000).describe("most connections at one time"),
  cachedCaptions: number(z.int().min(0).max(1_000_000))
    .default(0)
    .describe("captions kept by content, to answer the same image"),
  rate: number(z.number().min(0).max(1_000_000))
    .default(0)
    .describe("requests a second for each key or address; 0 for any"),
  burst: number(z.int().min(1).max(1_000_000))
    .default(20)
    .describe("requests that may come at once before the rate counts"),
  keys: z
    .string()
    .min(1)
    .optional()
    .describe("file of API keys, as --new-key writes its lines; without it none is asked for"),
  cors: list.default([]).describe("origins whose pages may use the server from a browser; * for all"),
  trustProxy: number(z.int().min(0).max(10)).default(0).describe("proxies before the server that set X-Forwarded-For"),
  fetchHosts: list.default([]).describe("hosts from which images may be fetched by url; none by default"),
  site: z.string().min(1).optional().describe("folder of static files served at /; the web demo once it is built"),
  logLevel: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("least severe log line"),
});
export type ServerConfig = z.infer<typeof ServerConfig>;
export type ServerOptions = z.input<typeof ServerConfig>;

/** Name of a setting in the environment: SHOWTELL_QUEUE_WAIT for queueWait. */
export const environmentName = (key: string): string =>
  `SHOWTELL_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Name of a setting as a flag: --queue-wait for queueWait. */
export const flagName = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The settings that the environment has. */
export function configFromEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const keys = Object.keys(ServerConfig.shape);
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = environment[environmentName(key)];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/**
 * The settings in force: of each key the last source that has it.
 * @param sources each with a name that says where its values come from, weakest first
 * @throws ShowtellError CONFIG_INVALID with every key that is wrong, where it was set, and why
 */
export function readConfig(...sources: { from: string; values: Record<string, unknown> }[]): ServerConfig {
  const origin = new Map<string, string>();
  const merged: Record<string, unknown> = {};
  for (const { from, values } of sources) {
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined) continue;
      merged[key] = value;
      origin.set(key, from);
    }
  }
  const parsed = ServerConfig.safeParse(merged);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [String(issue.path[0])];
    const why = issue.code === "unrecognized_keys" ? "there is no such setting" : issue.message;
    return keys.map((key) => `${key} (${origin.get(key) ?? "given"}): ${why}`);
  });
  throw new ShowtellError("CONFIG_INVALID", `The configuration is wrong: ${faults.join("; ")}.`);
}
