import { z } from "zod";
import {
  CaptionAnswer,
  CaptionRequest,
  CaptionRequestOptions,
  CaptionsAnswer,
  ModelsAnswer,
  Problem,
} from "./schemas.js";
import { InferRequest, InferResponse, ModelMetadata, ServerMetadata } from "./v2-schemas.js";

type Json = Record<string, unknown>;

const SCHEMAS = {
  CaptionRequest,
  CaptionAnswer,
  CaptionsAnswer,
  ModelsAnswer,
  Problem,
  ServerMetadata,
  ModelMetadata,
  InferRequest,
  InferResponse,
};

const BASE = "#/components/schemas/";
const ref = (name: keyof typeof SCHEMAS): Json => ({ $ref: BASE + name });
const json = (schema: Json): Json => ({ "application/json": { schema } });

const TITLES: Record<number, string> = {
  400: "The request is not as it should be.",
  401: "An API key is asked for.",
  403: "The key does not allow this.",
  404: "There is no such model or path.",
  405: "The path does not take this method.",
  408: "The body did not arrive in time.",
  413: "The body, the image or its pixels are too many.",
  415: "The body's type is not taken.",
  422: "The image cannot be read, or may not be fetched.",
  429: "Too many requests; see Retry-After.",
  503: "Loading, draining, or more work than can be done in time; see Retry-After.",
};

function problems(...statuses: number[]): Json {
  const entries = statuses.map((status) => {
    const retry = { "Retry-After": { description: "Seconds to wait.", schema: { type: "integer" } } };
    const headers = status === 429 || status === 503 ? { headers: retry } : {};
    const content = { "application/problem+json": { schema: ref("Problem") } };
    return [status, { description: TITLES[status], ...headers, content }];
  });
  return Object.fromEntries(entries);
}

const ok = (description: string, content: Json): Json => ({ 200: { description, content } });
const path = (name: string, description: string): Json => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string" },
});

function components(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  // What a request may hold and what an answer holds are told by the schemas' inputs alike: none of them transforms.
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri: (id) => `${BASE}${id}` });
  // zod puts what several schemas use into a schema of its own: here each is a component like any other.
  const { __shared: shared, ...named } = schemas as Record<string, Json>;
  const all = { ...named, ...(shared?.$defs as Record<string, Json> | undefined) };
  const plain = Object.entries(all).map(([id, { $schema, $id, ...schema }]) => [id, schema]);
  return JSON.parse(JSON.stringify(Object.fromEntries(plain)).replaceAll(`${BASE}__shared#/$defs/`, BASE)) as Json;
}

/** The query's options, one parameter each. */
function queryParameters(): Json[] {
  const { properties = {} } = z.toJSONSchema(CaptionRequestOptions, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as Json;
    return { name, in: "query", description, schema: rest };
  });
}

function paths(withKeys: boolean): Json {
  const guard = withKeys ? [401, 429] : [429];
  const get = (summary: string, answer: Json, ...statuses: number[]): Json => ({
    get: { summary, responses: { ...answer, ...problems(...statuses) } },
  });
  const open = (summary: string, ...statuses: number[]): Json => ({
    get: { summary, security: [], responses: { 200: { description: "Yes." }, ...problems(...statuses) } },
  });
  const model = [path("model", "NAME.encoder, NAME.decoder or NAME.captioner, as GET /v2 names them.")];
  const version = [...model, path("version", "As GET /v1/models names it.")];
  const infer: Json = {
    post: {
      summary: "Run a graph on tensors, in JSON or with binary tensor data",
      requestBody: {
        required: true,
        content: {
          ...json(ref("InferRequest")),
          "application/octet-stream": { schema: { type: "string", format: "binary" } },
        },
      },
      responses: {
        ...ok("The graph's outputs.", json(ref("InferResponse"))),
        ...problems(400, ...guard, 404, 408, 413, 415, 503),
      },
    },
  };
  const binary = { schema: { type: "string", format: "binary" } };
  const form = {
    type: "object",
    required: ["image"],
    properties: {
      image: { type: "array", items: { type: "string", format: "binary" }, description: "One image or several." },
    },
  };
  const modelPaths = Object.fromEntries(
    (
      [
        ["/v2/models/{model}", model],
        ["/v2/models/{model}/versions/{version}", version],
      ] as const
    ).flatMap(([base, parameters]) => [
      [
        base,
        {
          parameters,
          ...get("A graph's inputs and outputs", ok("Its metadata.", json(ref("ModelMetadata"))), ...guard, 404, 503),
        },
      ],
      [
        `${base}/ready`,
        { parameters, ...get("Whether a graph can be run", { 200: { description: "It can." } }, ...guard, 404, 503) },
      ],
      [`${base}/infer`, { parameters, ...infer }],
    ]),
  );
  return {
    "/v1/captions": {
      post: {
        summary: "Caption images",
        description:
          "One image gives a CaptionAnswer, several a CaptionsAnswer. With Accept: text/event-stream the words of one " +
          "image come as events `word`, decoded greedily, then the answer as the event `caption`.",
        parameters: queryParameters(),
        requestBody: {
          required: true,
          content: {
            ...Object.fromEntries(["jpeg", "png", "webp", "avif", "gif"].map((format) => [`image/${format}`, binary])),
            "multipart/form-data": { schema: form },
            ...json(ref("CaptionRequest")),
          },
        },
        responses: {
          ...ok("The captions.", {
            ...json({ oneOf: [ref("CaptionAnswer"), ref("CaptionsAnswer")] }),
            "text/event-stream": { schema: { type: "string" } },
          }),
          ...problems(400, ...guard, 404, 408, 413, 415, 422, 503),
        },
      },
    },
    "/v1/models": get("The models that are served", ok("They.", json(ref("ModelsAnswer"))), ...guard),
    "/health/live": open("Whether the process lives"),
    "/health/ready": open("Whether it is warm and not draining", 503),
    "/metrics": get("Metrics for Prometheus", ok("They.", { "text/plain": { schema: { type: "string" } } }), ...guard),
    "/v2": get("The server, as the Open Inference Protocol has it", ok("It.", json(ref("ServerMetadata"))), ...guard),
    "/v2/health/live": open("Whether the process lives"),
    "/v2/health/ready": open("Whether it is warm and not draining", 503),
    ...modelPaths,
    "/admin/reload": {
      post: {
        summary: "Load models that were replaced on disk",
        responses: { ...ok("What became of each.", json({ type: "object" })), ...problems(...guard, 403) },
      },
    },
  };
}

/** The OpenAPI 3.1 document, made from the schemas that requests are checked with. */
export function openApiDocument(version: string, withKeys: boolean): Json {
  return {
    openapi: "3.1.0",
    info: {
      title: "showtell",
      version,
      description: "Captions for images. Errors are problem details (RFC 9457) with a stable code.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    ...(withKeys ? { security: [{ key: [] }] } : {}),
    paths: paths(withKeys),
    components: {
      schemas: components(),
      ...(withKeys ? { securitySchemes: { key: { type: "http", scheme: "bearer" } } } : {}),
    },
  };
}
