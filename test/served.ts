import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import sharp from "sharp";
import {
  type AppParts,
  type CaptionAnswer,
  type RunningServer,
  type ServerOptions,
  serve,
} from "../runtime/server/index.js";
import { seeded } from "./random-decoder.js";
import { type TinyModelOptions, writeTinyModel } from "./tiny-model.js";

export interface ServedOptions {
  config?: ServerOptions;
  parts?: AppParts;
  model?: TinyModelOptions;
}

/** A server of a tiny model on a free port, and what it logged. */
export interface Served extends RunningServer {
  /** Folder that is removed in the end, with the model in tiny/. */
  folder: string;
  logged: Record<string, unknown>[];
}

/** Lends a real server, warm, whose workers are one process unless asked otherwise; stops it and removes its files. */
export async function withServer(options: ServedOptions, use: (served: Served) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "showtell-served-"));
  await writeTinyModel(join(folder, "tiny"), options.model);
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const config = {
    port: 0,
    models: [join(folder, "tiny")],
    workers: 1,
    device: "cpu",
    drainDelay: 1,
    ...options.config,
  } as const;
  const running = await serve(config, { log, ...options.parts });
  try {
    await running.service.ready;
    await use({ ...running, folder, logged });
  } finally {
    running.server.closeAllConnections();
    await running.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const random = seeded(11);

/** A small picture of coloured blurs, another one each time. */
export async function picture(format: "png" | "jpeg" | "webp" | "avif" | "gif" = "png"): Promise<Buffer> {
  const [width, height] = [48, 40];
  const data = Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
  const image = sharp(data, { raw: { width, height, channels: 3 } })
    .blur(4)
    .normalise();
  return image.toFormat(format).toBuffer();
}

/** Sends a picture as the body. */
export function post(url: string, body: Uint8Array, init: RequestInit & { query?: string } = {}): Promise<Response> {
  const { query = "", headers, ...rest } = init;
  return fetch(`${url}/v1/captions${query}`, {
    method: "POST",
    body: body as Uint8Array<ArrayBuffer>,
    headers: { "content-type": "image/png", ...headers },
    ...rest,
  });
}

/** An answer's JSON, by default a caption. */
export async function read<T = CaptionAnswer>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}
