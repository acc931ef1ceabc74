import "./telemetry.js";
import { env, InferenceSession } from "onnxruntime-node";
import { ShowtellError } from "../../errors/index.js";

/** Where a graph can run, as onnxruntime names it. */
export type Provider = "cpu" | "cuda" | "webgpu";

/** What can be asked for; "auto" tries cuda, webgpu and cpu in turn. */
export type Device = Provider | "auto";

export interface SessionOptions {
  /** Threads within one operator; onnxruntime's own choice (the physical cores) if not given. */
  threads?: number;
  /** "cpu" by default. */
  device?: Device;
}

// The library prints nothing: what goes wrong is thrown, and a provider that is not there is tried in silence.
env.logLevel = "fatal";

const ORDER: Record<Device, Provider[]> = {
  auto: ["cuda", "webgpu", "cpu"],
  cuda: ["cuda"],
  webgpu: ["webgpu"],
  cpu: ["cpu"],
};

/** A graph in memory whose weights lie in other files: these, under the names by which it refers to them. */
export interface GraphInParts {
  graph: Uint8Array;
  externalData: { path: string; data: Uint8Array }[];
}

/** A graph's path, or its bytes. */
export type GraphSource = string | Uint8Array | GraphInParts;

/** A session and where it runs. */
export interface PlacedSession {
  session: InferenceSession;
  provider: Provider;
}

/**
 * Opens a graph on the first of the asked-for providers that works here.
 * @throws ShowtellError MODEL_INVALID if onnxruntime cannot use the graph, DEVICE_UNAVAILABLE if the provider is not there
 */
export async function placeSession(model: GraphSource, options: SessionOptions = {}): Promise<PlacedSession> {
  const { device = "cpu", threads } = options;
  const failures: string[] = [];
  for (const provider of ORDER[device]) {
    try {
      const session = await create(model, {
        executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
        graphOptimizationLevel: "all",
        ...(threads ? { intraOpNumThreads: threads, interOpNumThreads: 1 } : {}),
      });
      return { session, provider };
    } catch (error) {
      const reason = (error as Error).message;
      if (provider === "cpu") {
        throw new ShowtellError("MODEL_INVALID", `onnxruntime cannot open the graph: ${reason}`, { cause: error });
      }
      failures.push(`${provider}: ${reason}`);
    }
  }
  throw new ShowtellError("DEVICE_UNAVAILABLE", `The model cannot run on ${device} here. ${failures.join("; ")}`);
}

/**
 * Opens a graph in this process (inference blocks the thread it is called from; a Captioner uses worker threads).
 * @throws ShowtellError as placeSession
 */
export async function openSession(model: GraphSource, options?: SessionOptions): Promise<InferenceSession> {
  return (await placeSession(model, options)).session;
}

function create(model: GraphSource, options: InferenceSession.SessionOptions): Promise<InferenceSession> {
  if (typeof model === "string") return InferenceSession.create(model, options);
  if (model instanceof Uint8Array) return InferenceSession.create(model, options);
  return InferenceSession.create(model.graph, { ...options, externalData: model.externalData });
}
