import { existsSync } from "node:fs";
import { join } from "node:path";
import express, { type RequestHandler } from "express";
import { packageRoot } from "../../files/package-root.js";
import { contextOf } from "./context.js";

/** What the web demo's own page allows, and that threads of WebAssembly may be used. */
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; " +
    "img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; manifest-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** Static files at /: those of `folder`, or the web demo's once it is built; undefined where there are none. */
export function siteFiles(folder?: string): RequestHandler | undefined {
  const demo = join(packageRoot(), "web-demo", "dist");
  const root = folder ?? (existsSync(join(demo, "index.html")) ? demo : undefined);
  if (root === undefined) return undefined;
  return express.static(root, {
    setHeaders(response) {
      contextOf(response).route = "site";
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    },
  });
}
