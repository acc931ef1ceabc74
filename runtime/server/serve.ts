import { createServer, type Server, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ShowtellError } from "../../errors/index.js";
import { type AppParts, createApp, type ShowtellApp } from "./app.js";
import type { ServerOptions } from "./config.js";

/**
 * Connections that the system holds until they are accepted, as far as it allows. Where it holds too few, clients that come in
 * a rush are not refused but wait, for their system asks again only after 1, 3, 7, 15, 31 s.
 */
const BACKLOG = 4096;

/** A server that listens. */
export interface RunningServer extends ShowtellApp {
  server: Server;
  /** Where it listens, such as http://127.0.0.1:3000. */
  url: string;
  /**
   * Not ready from now on; takes no more connections after the drain delay, lets requests in flight finish, ends the workers.
   * @returns whether all of them finished within the drain time
   */
  stop(): Promise<boolean>;
}

/**
 * Makes the inference server and lets it listen; models are still being loaded when it returns.
 * @throws ShowtellError CONFIG_INVALID, PORT_UNAVAILABLE
 */
export async function serve(options: ServerOptions = {}, parts: AppParts = {}): Promise<RunningServer> {
  const made = createApp(options, parts);
  const { app, service, config, log } = made;
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      // Bodies have a limit of their own, whose answer says more; this one is behind it.
      requestTimeout: config.bodyTime + 5000,
      headersTimeout: Math.min(config.bodyTime, 10_000),
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: 1000,
    },
    app,
  );
  server.maxConnections = config.maxConnections;
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuse(error, socket as Socket));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port: config.port, host: config.host, backlog: BACKLOG }, resolve);
    });
  } catch (cause) {
    await service.ready.catch(() => {});
    await service.close();
    const where = `${config.host}:${config.port}`;
    throw new ShowtellError("PORT_UNAVAILABLE", `The server cannot listen on ${where}: ${(cause as Error).message}.`, {
      cause,
    });
  }
  const { address, port, family } = server.address() as AddressInfo;
  const url = `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  log.info({ url }, "listening");

  let stopping: Promise<boolean> | undefined;
  const stop = () => {
    stopping ??= drain(server, made);
    return stopping;
  };
  return { ...made, server, url, stop };
}

async function drain(server: Server, { service, config, log }: ShowtellApp): Promise<boolean> {
  service.drain();
  log.info("draining");
  // A request that is on its way over an idle connection, or that a load balancer still sends, is not cut off.
  if (server.listening) await sleep(config.drainDelay);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that are kept alive end as soon as nothing is in flight on them.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), config.drainTime);
  });
  const finished = await Promise.race([closed.then(() => true), late]);
  clearInterval(idle);
  clearTimeout(timer);
  if (!finished) server.closeAllConnections();
  await service.ready.catch(() => {});
  await service.close();
  log.info({ finished }, "stopped");
  return finished;
}

/** Answers what is no HTTP, or is too slow or too much of it: Express never sees it. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const code = status === 408 ? "REQUEST_TIMEOUT" : "REQUEST_INVALID";
  const title = STATUS_CODES[status] ?? "";
  const detail = status === 431 ? "The headers are too large." : "The request cannot be read.";
  const body = JSON.stringify({ type: `urn:showtell:error:${code}`, title, status, code, detail });
  const head = `HTTP/1.1 ${status} ${title}\r\nConnection: close\r\nContent-Type: application/problem+json`;
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
