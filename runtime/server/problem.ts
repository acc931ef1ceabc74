import { type ErrorCode, ShowtellError, toShowtellError } from "../../errors/index.js";
import type { Problem } from "./schemas.js";

/** The status of each code that a request can meet; any other is a fault of the server. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  USAGE: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  MODEL_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  REQUEST_TIMEOUT: 408,
  REQUEST_TOO_LARGE: 413,
  IMAGE_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  IMAGE_UNREADABLE: 422,
  URL_REFUSED: 422,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  NOT_READY: 503,
  DEADLINE_EXCEEDED: 503,
};

const TITLE: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

interface RequestErrorDetails {
  /** Seconds after which a further try makes sense. */
  retryAfter?: number;
  /** Every fault of the request, with where it is. */
  errors?: { path: string; message: string }[];
  headers?: Record<string, string>;
}

/** An error whose answer says more than its code. */
export class RequestError extends ShowtellError {
  constructor(
    code: ErrorCode,
    message: string,
    readonly details: RequestErrorDetails = {},
  ) {
    super(code, message);
  }
}

export function statusOf(error: unknown): number {
  return STATUS[toShowtellError(error).code] ?? 500;
}

/**
 * The answer to a request that failed, as RFC 9457 has it. What goes wrong within the server is not told to the outside:
 * the log has it under the request's id.
 */
export function problemOf(error: unknown, requestId: string): { body: Problem; headers: Record<string, string> } {
  const { code, message, advice } = toShowtellError(error);
  const status = statusOf(error);
  const { retryAfter, errors, headers = {} } = error instanceof RequestError ? error.details : {};
  const wait = retryAfter ?? (status === 503 ? 1 : undefined);
  const known = status !== 500;
  const body: Problem = {
    type: `urn:showtell:error:${known ? code : "INTERNAL"}`,
    title: TITLE[status] ?? "Error",
    status,
    code: known ? code : "INTERNAL",
    detail: known ? message : "The server failed; its log says why, under this request's id.",
    ...(known ? { advice } : {}),
    request_id: requestId,
    ...(wait === undefined ? {} : { retry_after: wait }),
    ...(errors ? { errors } : {}),
  };
  return { body, headers: { ...headers, ...(wait === undefined ? {} : { "Retry-After": String(wait) }) } };
}
