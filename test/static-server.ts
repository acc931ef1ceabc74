import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".wasm": "application/wasm",
};

export interface StaticServer {
  /** http://localhost:PORT/ */
  url: string;
  /** Paths asked for, in order. */
  requests: string[];
  /** May answer a request itself: returns whether it did. */
  intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

export interface Served {
  /** By the beginning of the path. */
  folders: Record<string, string>;
  /** By the whole path. */
  texts?: Record<string, string>;
  /** Sent with every answer. */
  headers?: Record<string, string>;
  /** 0, which is any free one, by default. */
  port?: number;
}

/** Serves folders and texts on the loopback interface, as a static host does. */
export async function serveStatic({ folders, texts = {}, headers = {}, port = 0 }: Served): Promise<StaticServer> {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    served.requests.push(path);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (served.intercept?.(request, response)) return;
    const content = texts[path] ?? (await fileAt(folders, path));
    const type = TYPES[extname(path) || ".html"] ?? "application/octet-stream";
    if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "Content-Type": type }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const served: StaticServer = {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    requests: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return served;
}

async function fileAt(folders: Record<string, string>, path: string): Promise<Buffer | undefined> {
  const mount = Object.keys(folders)
    .filter((prefix) => path.startsWith(prefix))
    .sort((a, b) => b.length - a.length)[0];
  if (mount === undefined) return undefined;
  const rest = normalize(`/${path.slice(mount.length)}`);
  const file = join(folders[mount]!, rest.endsWith("/") ? `${rest}index.html` : rest);
  return readFile(file).catch(() => undefined);
}
