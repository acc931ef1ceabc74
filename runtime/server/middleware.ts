import { randomUUID } from "node:crypto";
import type { ErrorRequestHandler, NextFunction, Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import { ERRORS, toShowtellError } from "../../errors/index.js";
import type { ApiKeys, Client } from "./api-keys.js";
import type { ServerConfig } from "./config.js";
import { ClientGone, contextOf, openContext } from "./context.js";
import type { Metrics } from "./metrics.js";
import { problemOf, RequestError } from "./problem.js";
import { RateLimiter } from "./rate-limit.js";

/** Gives each request an id, a deadline and a line in the log, which holds nothing of its body. */
export function accounting(config: ServerConfig, metrics: Metrics, log: Logger): RequestHandler {
  return (request, response, next) => {
    const asked = request.get("x-request-id");
    const id = asked && /^[\w.-]{1,64}$/.test(asked) ? asked : randomUUID();
    response.setHeader("X-Request-Id", id);
    const context = openContext(request, response, id, config.deadline);
    response.on("close", () => {
      const { route, bytes, client, code, started } = context;
      const elapsed = performance.now() - started;
      const answered = response.writableFinished || code !== undefined;
      const status = answered ? response.statusCode : 499; // the client has gone
      metrics.requests.inc({ route, method: methodOf(request), status });
      metrics.requestSeconds.observe({ route }, elapsed / 1000);
      const line = { id, method: request.method, route, status, ms: Math.round(elapsed * 10) / 10, bytes };
      log.info({ ...line, ...(client ? { client: client.name } : {}), ...(code ? { code } : {}) }, "request");
    });
    next();
  };
}

/** Names the route for log and metrics. */
export function route(name: string): RequestHandler {
  return (_, response, next) => {
    contextOf(response).route = name;
    next();
  };
}

/** Methods of the standard: any other would let clients make up series of the metrics. */
function methodOf({ method }: Request): string {
  return /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method) ? method : "other";
}

/** Asks for a key where keys are configured, and holds each client to its rate. */
export function authorize(config: ServerConfig, keys: Promise<ApiKeys | undefined>): RequestHandler {
  const limiter = new RateLimiter(config.burst);
  return async (request, response, next) => {
    const known = await keys;
    const context = contextOf(response);
    if (known) context.client = identify(known, request);
    const { client } = context;
    const wait = limiter.take(client ? `key ${client.name}` : `address ${request.ip}`, client?.rate ?? config.rate);
    if (wait > 0) {
      const seconds = Math.ceil(wait);
      throw new RequestError("RATE_LIMITED", "There were too many requests.", { retryAfter: seconds });
    }
    next();
  };
}

function identify(keys: ApiKeys, request: Request): Client {
  const [, bearer] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(request.get("authorization") ?? "") ?? [];
  const client = keys.find(bearer ?? request.get("x-api-key") ?? "");
  if (client) return client;
  throw new RequestError("UNAUTHORIZED", "This server asks for an API key.", {
    headers: { "WWW-Authenticate": 'Bearer realm="showtell"' },
  });
}

/** Lets a key through that is marked as an administrator's. Without keys nobody is one. */
export function requireAdmin(_: Request, response: Response, next: NextFunction): void {
  if (!contextOf(response).client?.admin)
    throw new RequestError("FORBIDDEN", "Only an administrator's key may do this.");
  next();
}

/** Answers browsers that ask whether a page of another origin may use the server; without origins it says nothing. */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const { origin } = request.headers;
    if (!origin || origins.length === 0) return next();
    response.vary("Origin");
    if (!origins.includes("*") && !origins.includes(origin)) return next();
    response.setHeader("Access-Control-Allow-Origin", origins.includes("*") ? "*" : origin);
    response.setHeader("Access-Control-Expose-Headers", "Retry-After, X-Request-Id, Inference-Header-Content-Length");
    response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
    if (request.method !== "OPTIONS" || !request.get("access-control-request-method")) return next();
    response.setHeader("Access-Control-Allow-Methods", "GET, POST");
    response.setHeader("Access-Control-Allow-Headers", "Authorization, Content-Type, X-API-Key, X-Request-Id");
    response.setHeader("Access-Control-Max-Age", "600");
    response.status(204).end();
  };
}

/** The answer to other methods on a known path. */
export function methodNotAllowed(allowed: string): RequestHandler {
  return (request) => {
    const message = `${request.method.slice(0, 20)} is not allowed here.`;
    throw new RequestError("METHOD_NOT_ALLOWED", message, { headers: { Allow: allowed } });
  };
}

/** Answers errors as problem details. */
export function answerProblems(log: Logger): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const context = contextOf(response);
    if (error instanceof ClientGone || response.destroyed) return void response.destroy();
    const { body, headers } = problemOf(requestFault(error) ?? error, context.id);
    context.code = body.code;
    if (body.status === 500) log.error({ id: context.id, err: error, ...adviceOf(error) }, "a request failed");
    if (response.headersSent) return void response.destroy();
    response.set(headers).status(body.status).type("application/problem+json");
    const text = JSON.stringify(body);
    if (request.complete) response.send(text);
    else answerEarly(request, response, text);
  };
}

/** What is still read of a body that nobody wants, in bytes and milliseconds. */
const UNWANTED_BYTES = 128 * 2 ** 20;
const UNWANTED_TIME = 2000;
/** A body up to this size is read to its end, so that its connection can be used again. */
const SMALL_BYTES = 2 ** 20;

/**
 * Answers before the body has arrived. A small body is then read and forgotten, and its connection kept: clients that are
 * refused in numbers would otherwise all connect anew. After another the connection ends, but not at once: with bytes unread
 * it would be reset, and clients that send everything before they read would never see the answer.
 */
function answerEarly(request: Request, response: Response, text: string): void {
  const kept = Number(request.headers["content-length"] ?? Number.NaN) <= SMALL_BYTES;
  if (!kept) response.setHeader("Connection", "close");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.write(text);
  let left = UNWANTED_BYTES;
  const giveUp = () => response.end(() => request.socket.destroySoon());
  const timer = setTimeout(giveUp, UNWANTED_TIME);
  response.on("close", () => clearTimeout(timer));
  request.on("end", () => response.end());
  request.on("data", (part: Buffer) => {
    left -= part.length;
    if (left < 0) giveUp();
  });
  request.resume();
}

/** Faults of the request that Express itself finds, such as a path that cannot be decoded. */
function requestFault(error: unknown): RequestError | undefined {
  const { status } = (error ?? {}) as { status?: unknown };
  if (typeof status !== "number" || status < 400 || status > 499) return undefined;
  return new RequestError(status === 404 ? "NOT_FOUND" : "REQUEST_INVALID", "The request's path cannot be read.");
}

function adviceOf(error: unknown): { advice: string } {
  return { advice: ERRORS[toShowtellError(error).code].advice };
}
