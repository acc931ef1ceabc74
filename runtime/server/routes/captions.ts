import type { Request, Response } from "express";
import type { ServerConfig } from "../config.js";
import { contextOf } from "../context.js";
import type { ImageFetcher } from "../fetch-image.js";
import { describeModel, type LoadedModel } from "../models.js";
import { problemOf, RequestError, statusOf } from "../problem.js";
import { type BodyBudget, readBody } from "../read-body.js";
import { type ImagesRequest, readImages, requireKnownType } from "../request-images.js";
import type { CaptionAnswer, CaptionsAnswer, Timings } from "../schemas.js";
import type { Answered, Service } from "../service.js";

export interface CaptionRouteParts {
  service: Service;
  config: ServerConfig;
  budget: BodyBudget;
  fetcher: ImageFetcher;
}

/** POST /v1/captions. */
export function captionsRoute({ service, config, budget, fetcher }: CaptionRouteParts) {
  return async (request: Request, response: Response): Promise<void> => {
    const context = contextOf(response);
    requireKnownType(request);
    // Before the body is read, so that what cannot be done costs nothing.
    service.model().queue.admit();
    const body = await readBody(request, config, budget, context.signal);
    try {
      context.bytes = body.bytes.length;
      const asked = await readImages(request, request.query, body.bytes, config, fetcher, context.signal);
      const model = service.model(asked.options.model);
      const stream = request.accepts(["application/json", "text/event-stream"]) === "text/event-stream";
      await service.models.use(model, async () => {
        if (stream) await streamWords(service, model, asked, response);
        else if (asked.several) response.json(await captionAll(service, model, asked, response));
        else response.json(await captionOne(service, model, asked, response));
      });
    } finally {
      body.release();
    }
  };
}

async function captionOne(
  service: Service,
  model: LoadedModel,
  { images, options }: ImagesRequest,
  response: Response,
): Promise<CaptionAnswer> {
  const { signal, started } = contextOf(response);
  const [image = new Uint8Array()] = images;
  const answered = await service.caption(model, image, options, signal);
  return { ...answered.caption, model: describeModel(model), timings: timingsOf([answered], started) };
}

/** Several images: what is wrong with one is its own answer; what is wrong with the server is everyone's. */
async function captionAll(
  service: Service,
  model: LoadedModel,
  { images, options }: ImagesRequest,
  response: Response,
): Promise<CaptionsAnswer> {
  const { signal, started, id } = contextOf(response);
  model.queue.admit(images.length);
  const results = await Promise.allSettled(images.map((image) => service.caption(model, image, options, signal)));
  const answered: Answered[] = [];
  const captions = results.map((result) => {
    if (result.status === "fulfilled") {
      answered.push(result.value);
      return result.value.caption;
    }
    if (statusOf(result.reason) >= 500) throw result.reason;
    return { error: problemOf(result.reason, id).body };
  });
  return { captions, model: describeModel(model), timings: timingsOf(answered, started) };
}

/** Words as server-sent events, each when it is written; then the whole answer. What fails before the first is no event. */
async function streamWords(
  service: Service,
  model: LoadedModel,
  { images, options, several }: ImagesRequest,
  response: Response,
): Promise<void> {
  const { signal, started, id } = contextOf(response);
  if (several || (options.beam ?? 1) !== 1 || options.alternatives) {
    throw new RequestError(
      "REQUEST_INVALID",
      "Words are streamed of one image, decoded greedily: beam 1, no alternatives.",
    );
  }
  const send = (event: string, data: unknown) => {
    if (!response.headersSent) {
      response.writeHead(200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
    }
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  let index = 0;
  const [image = new Uint8Array()] = images;
  try {
    const answered = await service.caption(model, image, options, signal, (word) =>
      send("word", { index: index++, word }),
    );
    const answer: CaptionAnswer = {
      ...answered.caption,
      model: describeModel(model),
      timings: timingsOf([answered], started),
    };
    send("caption", answer);
  } catch (error) {
    if (!response.headersSent) throw error;
    send("error", problemOf(error, id).body);
  }
  response.end();
}

function timingsOf(answered: Answered[], started: number): Timings {
  const longest = (read: (answer: Answered) => number) => round(Math.max(0, ...answered.map(read)));
  return {
    queue_ms: longest(({ queue }) => queue),
    decode_ms: longest(({ decode }) => decode),
    inference_ms: longest(({ inference }) => inference),
    total_ms: round(performance.now() - started),
  };
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
