import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import type { ServerConfig } from "./config.js";
import type { ImageFetcher } from "./fetch-image.js";
import { parseForm } from "./multipart.js";
import { RequestError } from "./problem.js";
import { CaptionRequest, CaptionRequestOptions } from "./schemas.js";

/** What a request for captions has. */
export interface ImagesRequest {
  images: Uint8Array[];
  /** Whether several were announced: then the answer is a list, be it of one. */
  several: boolean;
  options: CaptionRequestOptions;
}

const IMAGE_TYPES = new Set([
  ...["image/jpeg", "image/jpg", "image/png", "image/webp", "image/avif", "image/gif"],
  ...["image/*", "application/octet-stream"],
]);

/** The media type of a body, in lower case, without parameters. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** @throws RequestError MEDIA_TYPE_UNSUPPORTED for a body that would not be looked at, before it is read */
export function requireKnownType(request: IncomingMessage): void {
  const type = mediaType(request);
  if (IMAGE_TYPES.has(type) || type === "multipart/form-data" || type === "application/json") return;
  const what =
    type === "" ? "A body without a Content-Type" : `A body of the type ${JSON.stringify(type.slice(0, 100))}`;
  throw new RequestError("MEDIA_TYPE_UNSUPPORTED", `${what} is not taken.`);
}

/**
 * Takes images and options from a body that was read, and from the query, whose options the body's outweigh.
 * @throws RequestError REQUEST_INVALID, REQUEST_TOO_LARGE, URL_REFUSED
 */
export async function readImages(
  request: IncomingMessage,
  query: Record<string, unknown>,
  body: Buffer,
  config: ServerConfig,
  fetcher: ImageFetcher,
  signal: AbortSignal,
): Promise<ImagesRequest> {
  const type = mediaType(request);
  if (type === "application/json") {
    const { image, images, url, ...rest } = validate(CaptionRequest, parseJson(body));
    const options = { ...validate(CaptionRequestOptions, query), ...rest };
    if (url !== undefined) return { images: [await fetcher.fetch(url, signal)], several: false, options };
    if (images && images.length > config.maxImages) tooMany(config);
    const bytes = (images ?? [image ?? ""]).map((text, i) => decodeText(text, i, config.maxImageBytes));
    return { images: bytes, several: images !== undefined, options };
  }
  if (type === "multipart/form-data") {
    const { images, fields } = await parseForm(request.headers, body, config);
    if (images.length === 0) throw new RequestError("REQUEST_INVALID", "The form has no file named image.");
    const options = validate(CaptionRequestOptions, { ...query, ...fields });
    return { images, several: images.length > 1, options };
  }
  if (body.length === 0) throw new RequestError("REQUEST_INVALID", "The body is empty: it has to be an image.");
  if (body.length > config.maxImageBytes) tooLarge(config.maxImageBytes);
  return { images: [body], several: false, options: validate(CaptionRequestOptions, query) };
}

/** @throws RequestError REQUEST_INVALID with every fault */
export function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ path: path.map(String).join("."), message: message.slice(0, 300) }));
  const [first] = errors;
  const where = first?.path ? `${first.path}: ` : "";
  throw new RequestError("REQUEST_INVALID", `The request is not as it should be: ${where}${first?.message}.`, {
    errors,
  });
}

/** @throws RequestError REQUEST_INVALID */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new RequestError("REQUEST_INVALID", `The body is not JSON: ${(error as Error).message.slice(0, 200)}.`);
  }
}

function decodeText(text: string, index: number, most: number): Buffer {
  const comma = text.startsWith("data:") ? text.indexOf(",") : -1;
  const head = text.slice(0, Math.max(0, comma));
  const content = text.slice(comma + 1);
  const fault =
    content === ""
      ? "is empty"
      : comma >= 0 && !head.endsWith(";base64")
        ? "is a data: URL without ;base64"
        : !/^[A-Za-z0-9+/_-]+={0,2}\s*$/.test(content)
          ? "is not base64"
          : undefined;
  if (fault) throw new RequestError("REQUEST_INVALID", `Image ${index + 1} ${fault}.`);
  if (content.length > most * 1.4) tooLarge(most);
  const bytes = Buffer.from(content, "base64");
  if (bytes.length > most) tooLarge(most);
  return bytes;
}

function tooLarge(most: number): never {
  throw new RequestError("REQUEST_TOO_LARGE", `The image is too large: the limit is ${most} bytes.`);
}

function tooMany({ maxImages }: ServerConfig): never {
  throw new RequestError("REQUEST_TOO_LARGE", `There are too many images: at most ${maxImages} are taken at once.`);
}
