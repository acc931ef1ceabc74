import { readFileSync } from "node:fs";
import { join } from "node:path";
import express, { type Express } from "express";
import helmet from "helmet";
import pino, { type Logger } from "pino";
import { packageRoot } from "../../files/package-root.js";
import { ApiKeys } from "./api-keys.js";
import { readConfig, type ServerConfig, type ServerOptions } from "./config.js";
import { ImageFetcher } from "./fetch-image.js";
import {
  accounting,
  allowOrigins,
  answerProblems,
  authorize,
  methodNotAllowed,
  requireAdmin,
  route,
} from "./middleware.js";
import { openApiDocument } from "./openapi.js";
import { RequestError } from "./problem.js";
import { BodyBudget } from "./read-body.js";
import { captionsRoute } from "./routes/captions.js";
import { inferenceRoutes } from "./routes/inference.js";
import { PAGE, SCRIPT, STYLE } from "./routes/page.js";
import { Service } from "./service.js";
import { siteFiles } from "./site.js";

/** What code gives beside the settings. */
export interface AppParts {
  /** Where log lines go; standard output by default. */
  log?: Logger;
  /** Fetches images by URL, under rules of one's own. */
  fetcher?: ImageFetcher;
}

/** The server as an Express application, and what it works with. */
export interface ShowtellApp {
  /** Answers requests at once; with 503 until `service.ready`. */
  app: Express;
  service: Service;
  config: ServerConfig;
  log: Logger;
}

/** Whether a connection is to be encrypted is for what stands before the server to say. */
const HEADERS = {
  strictTransportSecurity: false,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", "data:", "blob:"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
};

/**
 * Makes the inference server. Models are being loaded when it returns: `await service.ready` to wait for them, and
 * `await service.close()` to end their workers.
 * @throws ShowtellError CONFIG_INVALID
 */
export function createApp(options: ServerOptions = {}, parts: AppParts = {}): ShowtellApp {
  const config = readConfig({ from: "createApp", values: options });
  const log = parts.log ?? pino({ level: config.logLevel, base: null });
  const service = new Service(config, log);
  service.metrics.collectProcess();
  const budget = new BodyBudget(config.maxBodiesBytes);
  service.metrics.gauge("showtell_body_bytes", "Bytes of request bodies in memory.", () => budget.held);
  const keys = config.keys ? ApiKeys.read(config.keys) : Promise.resolve(undefined);
  keys.catch((error: unknown) => log.fatal({ err: error }, "the API keys cannot be read"));
  const fetcher =
    parts.fetcher ?? new ImageFetcher({ hosts: config.fetchHosts, maxBytes: config.maxImageBytes, time: 10_000 });

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("trust proxy", config.trustProxy);
  app.use(accounting(config, service.metrics, log));
  app.use((_, response, next) => {
    // The client's next request goes elsewhere.
    if (service.isDraining) response.setHeader("Connection", "close");
    next();
  });
  app.use(helmet(HEADERS));
  app.use(allowOrigins(config.cors));

  app.get("/health/live", route("/health/live"), (_, response) => void response.json({ status: "live" }));
  app.get("/health/ready", route("/health/ready"), (_, response) => {
    if (!service.isReady) throw new RequestError("NOT_READY", "The server is loading its models, or is being stopped.");
    response.json({ status: "ready" });
  });
  app.all(["/health/live", "/health/ready"], methodNotAllowed("GET, HEAD"));

  const guard = authorize(config, keys);
  app.post("/v1/captions", route("/v1/captions"), guard, captionsRoute({ service, config, budget, fetcher }));
  app.all("/v1/captions", methodNotAllowed("POST"));
  app.get("/v1/models", route("/v1/models"), guard, (_, response) => void response.json({ models: service.list() }));
  app.all("/v1/models", methodNotAllowed("GET, HEAD"));
  app.get("/metrics", route("/metrics"), guard, async (_, response) => {
    response.type(service.metrics.registry.contentType).send(await service.metrics.registry.metrics());
  });
  app.all("/metrics", methodNotAllowed("GET, HEAD"));
  app.use("/v2", inferenceRoutes({ service, config, budget, guard, version: packageVersion() }));

  const document = openApiDocument(packageVersion(), config.keys !== undefined);
  const files: [path: string, type: string, content: string][] = [
    ["/openapi.json", "application/json", JSON.stringify(document)],
    ["/docs", "html", PAGE],
    ["/docs/page.css", "css", STYLE],
    ["/docs/page.js", "js", SCRIPT],
  ];
  for (const [path, type, content] of files) {
    app.get(path, route(path), (_, response) => void response.type(type).send(content));
    app.all(path, methodNotAllowed("GET, HEAD"));
  }
  app.post("/admin/reload", route("/admin/reload"), guard, requireAdmin, async (_, response) => {
    response.json(await service.reload());
  });
  app.all("/admin/reload", methodNotAllowed("POST"));

  const site = siteFiles(config.site);
  if (site) app.use(site);

  app.use(() => {
    throw new RequestError("NOT_FOUND", "There is nothing at this path.");
  });
  app.use(answerProblems(log));
  return { app, service, config, log };
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version;
}
