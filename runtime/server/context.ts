import type { Request, Response } from "express";
import type { Client } from "./api-keys.js";
import { RequestError } from "./problem.js";

/** What the server knows of one request. */
export interface Context {
  id: string;
  started: number;
  /** Whose key came with it. */
  client?: Client;
  /** Aborted when the client has gone or the deadline has passed; its reason says which. */
  signal: AbortSignal;
  /** Path as the router has it, for metrics: never what the client wrote. */
  route: string;
  /** Code of the problem that it was answered with. */
  code?: string;
  bytes: number;
}

/** The reason of a signal whose client has gone: nobody is there to answer. */
export class ClientGone extends Error {}

const contexts = new WeakMap<Response, Context>();

export function contextOf(response: Response): Context {
  const context = contexts.get(response);
  if (!context) throw new Error("The request has no context: its middleware did not run.");
  return context;
}

/** Gives a request its context and watches over its end. */
export function openContext(request: Request, response: Response, id: string, deadline: number): Context {
  const stop = new AbortController();
  const context: Context = { id, started: performance.now(), signal: stop.signal, route: "other", bytes: 0 };
  contexts.set(response, context);
  const timer = setTimeout(() => {
    const late = `The request was not done within ${deadline / 1000} s.`;
    stop.abort(new RequestError("DEADLINE_EXCEEDED", late, { retryAfter: 1 }));
  }, deadline);
  response.on("close", () => {
    clearTimeout(timer);
    if (!response.writableFinished) stop.abort(new ClientGone("The client has gone."));
  });
  request.on("error", () => {});
  return context;
}
