import { type Request, type RequestHandler, type Response, Router } from "express";
import type { GraphFile, GraphRole } from "../../core/index.js";
import type { ServerConfig } from "../config.js";
import { contextOf } from "../context.js";
import { methodNotAllowed, route } from "../middleware.js";
import type { LoadedModel } from "../models.js";
import { RequestError } from "../problem.js";
import { type BodyBudget, readBody } from "../read-body.js";
import { mediaType, parseJson, validate } from "../request-images.js";
import type { Service } from "../service.js";
import { InferRequest, type InferResponse, type ModelMetadata, type ServerMetadata } from "../v2-schemas.js";
import { datatypeOf, readTensors, writeTensors } from "../v2-tensors.js";

export interface InferenceParts {
  service: Service;
  config: ServerConfig;
  budget: BodyBudget;
  guard: RequestHandler;
  /** The package's version. */
  version: string;
}

/** A graph of a model: what the protocol calls a model, named NAME.ROLE. */
interface Graph {
  model: LoadedModel;
  role: GraphRole;
  file: GraphFile;
}

const ROLES: GraphRole[] = ["encoder", "decoder", "captioner"];
const HEADER = "Inference-Header-Content-Length";

/** The Open Inference Protocol, version 2, below /v2. Errors are problem details, as everywhere. */
export function inferenceRoutes({ service, config, budget, guard, version }: InferenceParts): Router {
  const router = Router();
  const get = (path: string, handlers: RequestHandler[]) => {
    router.get(path, route(`/v2${path === "/" ? "" : path}`), ...handlers);
    router.all(path, methodNotAllowed("GET, HEAD"));
  };

  get("/", [
    guard,
    (_, response) => {
      const models = service.isReady ? service.models.list.flatMap(namesOf) : [];
      response.json({ name: "showtell", version, extensions: ["binary_tensor_data"], models } satisfies ServerMetadata);
    },
  ]);
  get("/health/live", [(_, response) => void response.json({ live: true })]);
  get("/health/ready", [
    (_, response) => {
      if (!service.isReady)
        throw new RequestError("NOT_READY", "The server is loading its models, or is being stopped.");
      response.json({ ready: true });
    },
  ]);
  for (const base of ["/models/:model", "/models/:model/versions/:version"]) {
    get(base, [guard, (request, response) => void response.json(metadataOf(findGraph(service, request), service))]);
    get(`${base}/ready`, [
      guard,
      (request, response) => {
        const { model, role } = findGraph(service, request);
        response.json({ name: `${model.name}.${role}`, ready: true });
      },
    ]);
    router.post(`${base}/infer`, route(`/v2${base}/infer`), guard, async (request, response) => {
      await infer(request, response, findGraph(service, request));
    });
    router.all(`${base}/infer`, methodNotAllowed("POST"));
  }

  async function infer(request: Request, response: Response, graph: Graph): Promise<void> {
    const context = contextOf(response);
    const { model, role, file } = graph;
    const type = mediaType(request);
    if (type !== "application/json" && type !== "application/octet-stream") {
      throw new RequestError(
        "MEDIA_TYPE_UNSUPPORTED",
        "Tensors are taken as JSON, or as JSON with binary data behind it.",
      );
    }
    model.queue.admit();
    const body = await readBody(request, config, budget, context.signal);
    try {
      context.bytes = body.bytes.length;
      const [head, binary] = splitBody(request, body.bytes);
      const asked = validate(InferRequest, parseJson(head));
      const inputs = readTensors(asked.inputs, file, binary);
      const outputs = await service.models.use(model, () => model.queue.runGraph(role, inputs, context.signal));
      const written = writeTensors(outputs, asked);
      const answer: InferResponse = {
        model_name: `${model.name}.${role}`,
        model_version: model.version,
        ...(asked.id === undefined ? {} : { id: asked.id }),
        outputs: written.tensors,
      };
      if (written.binary.length === 0) return void response.json(answer);
      const text = Buffer.from(JSON.stringify(answer));
      response.setHeader(HEADER, text.length);
      response.type("application/octet-stream").send(Buffer.concat([text, ...written.binary]));
    } finally {
      body.release();
    }
  }
  return router;
}

/** The JSON and the binary data behind it, whose border the header tells. */
function splitBody(request: Request, body: Buffer): [json: Buffer, binary: Buffer] {
  const header = request.get(HEADER);
  if (header === undefined) return [body, Buffer.alloc(0)];
  const length = /^\d{1,10}$/.test(header) ? Number(header) : Number.NaN;
  if (!(length <= body.length)) throw new RequestError("REQUEST_INVALID", `${HEADER} is not a length within the body.`);
  return [body.subarray(0, length), body.subarray(length)];
}

function findGraph(service: Service, request: Request): Graph {
  const { model: name, version } = request.params;
  const [, base, role] = /^(.+)\.(encoder|decoder|captioner)$/.exec(String(name)) ?? [];
  const unknown = () =>
    new RequestError("MODEL_UNKNOWN", `There is no graph ${JSON.stringify(name)}; GET /v2 lists them.`);
  if (!base) throw unknown();
  const model = service.model(version ? `${base}@${version}` : base);
  const file = fileOf(model, role as GraphRole);
  if (!file) throw unknown();
  return { model, role: role as GraphRole, file };
}

function fileOf({ captioner }: LoadedModel, role: GraphRole): GraphFile | undefined {
  return captioner.manifest.graphs[role]?.[captioner.precision];
}

function namesOf(model: LoadedModel): string[] {
  return ROLES.filter((role) => fileOf(model, role)).map((role) => `${model.name}.${role}`);
}

function metadataOf({ model, role, file }: Graph, service: Service): ModelMetadata {
  const tensor = ({ name, dtype, shape }: GraphFile["inputs"][number]) => ({
    name,
    datatype: datatypeOf(dtype),
    shape: shape.map((size) => (typeof size === "number" ? size : -1)),
  });
  const versions = service.models.list.filter(({ name }) => name === model.name).map(({ version }) => version);
  return {
    name: `${model.name}.${role}`,
    versions,
    platform: "onnxruntime_onnx",
    inputs: file.inputs.map(tensor),
    outputs: file.outputs.map(tensor),
  };
}
