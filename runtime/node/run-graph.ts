import { type InferenceSession, Tensor } from "onnxruntime-node";
import { ShowtellError } from "../../errors/index.js";
import type { GraphRole, GraphValue } from "../core/index.js";
import type { TensorValue } from "./worker-protocol.js";

const DTYPES = new Set<string>(["float32", "float16", "uint8", "int8", "int32", "int64", "bool"]);

/** Runs a model's graphs by role on named tensors. The whole captioner's session is opened when it is first needed. */
export class GraphRunner {
  readonly #sessions: Partial<Record<GraphRole, InferenceSession>>;
  readonly #openCaptioner: () => Promise<InferenceSession | undefined>;

  constructor(
    sessions: Record<"encoder" | "decoder", InferenceSession>,
    openCaptioner: () => Promise<InferenceSession | undefined>,
  ) {
    this.#sessions = { ...sessions };
    this.#openCaptioner = openCaptioner;
  }

  /** @throws ShowtellError MODEL_INVALID if the model has no graph of that role; USAGE if the graph refuses the tensors */
  async run(role: GraphRole, inputs: Record<string, TensorValue>): Promise<Record<string, TensorValue>> {
    if (role === "captioner") this.#sessions.captioner ??= await this.#openCaptioner();
    const session = this.#sessions[role];
    if (!session) throw new ShowtellError("MODEL_INVALID", `The model has no graph for the role ${role}.`);
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { dtype, data, dims }]) => [name, new Tensor(dtype, data, dims)]),
    );
    let outputs: InferenceSession.OnnxValueMapType;
    try {
      outputs = await session.run(feeds);
    } catch (error) {
      throw new ShowtellError("USAGE", `The ${role} cannot run on these tensors: ${(error as Error).message}`);
    }
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, plainTensor(name, value)]));
  }

  async release(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await session?.release();
  }
}

function plainTensor(name: string, { type, data, dims }: InferenceSession.OnnxValueMapType[string]): TensorValue {
  if (!DTYPES.has(type)) throw new ShowtellError("MODEL_INVALID", `The graph's output ${name} has type ${type}.`);
  return { dtype: type as GraphValue["dtype"], data: data as TensorValue["data"], dims: [...dims] };
}
