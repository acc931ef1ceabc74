import { ShowtellError } from "../../../errors/index.js";
import { camel } from "./config.js";

/** Which output of which call of which layer. */
export interface TensorReference {
  layer: string;
  call: number;
  output: number;
}

export interface LayerTopology {
  name: string;
  className: string;
  config: Record<string, unknown>;
  /** The tensors that each call of the layer takes. */
  calls: TensorReference[][];
  /** Of a layer that is a model itself. */
  model?: ModelTopology;
}

export interface ModelTopology {
  name: string;
  layers: LayerTopology[];
  inputs: TensorReference[];
  outputs: TensorReference[];
}

type Json = Record<string, unknown>;

const MODELS = new Set(["Model", "Functional", "Sequential"]);
/** Deeper nesting than any model needs: a hostile file must not exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * Reads the topology of a layers-model as `model.save()`, Keras 2 and tensorflowjs_converter write it.
 * @throws ShowtellError CONVERT_INVALID_MODEL, CONVERT_UNSUPPORTED
 */
export function readTopology(json: unknown): ModelTopology {
  const outer = object(json, "The topology");
  const root = "model_config" in outer || "modelConfig" in outer ? (outer.model_config ?? outer.modelConfig) : outer;
  const { className, config } = classAndConfig(object(root, "The topology"), "The model");
  return readModel(className, config, 0);
}

/** The topology of a model that a layer wraps; undefined where the class is no model. */
export function wrappedModel(className: string, config: unknown): ModelTopology | undefined {
  return MODELS.has(className) ? readModel(className, config, 1) : undefined;
}

function readModel(className: string, config: unknown, depth: number): ModelTopology {
  if (depth > MAX_DEPTH) throw invalid("Its models are nested too deep");
  if (className === "Sequential") return readSequential(config, depth);
  if (!MODELS.has(className)) throw invalid(`Its class is ${className}, which is no model`);
  const fields = object(config, "The model's configuration");
  const layers = list(fields.layers, "layers").map((layer) => readLayer(layer, depth));
  return checked({
    name: typeof fields.name === "string" ? fields.name : "model",
    layers,
    inputs: references(fields.input_layers ?? fields.inputLayers, "input_layers"),
    outputs: references(fields.output_layers ?? fields.outputLayers, "output_layers"),
  });
}

function readLayer(json: unknown, depth: number): LayerTopology {
  const fields = object(json, "A layer");
  const { className, config } = classAndConfig(fields, "A layer");
  const values = object(config, `The configuration of a ${className}`, className === "Sequential");
  const name = fields.name ?? values.name;
  if (typeof name !== "string") throw invalid(`A ${className} layer has no name`);
  const inbound = fields.inbound_nodes ?? fields.inboundNodes ?? [];
  const calls = list(inbound, `inbound_nodes of "${name}"`).map((call) => {
    if (!Array.isArray(call)) {
      throw new ShowtellError("CONVERT_UNSUPPORTED", `Layer "${name}": models of Keras 3 are not supported.`);
    }
    return references(call, `inbound_nodes of "${name}"`);
  });
  const model = MODELS.has(className) ? { ...readModel(className, config, depth + 1), name } : undefined;
  return { name, className, config: values, calls, model };
}

/** A Sequential model as a functional one: layer after layer, from an input that its first layer describes. */
function readSequential(config: unknown, depth: number): ModelTopology {
  const fields = Array.isArray(config) ? { layers: config } : object(config, "The Sequential model's configuration");
  const layers = list(fields.layers, "layers").map((layer) => readLayer(layer, depth));
  const first = layers[0];
  if (!first) throw invalid("A Sequential model has no layers");
  if (first.className !== "InputLayer") {
    const names = new Set(layers.map((layer) => layer.name));
    let name = `${first.name}_input`;
    while (names.has(name)) name += "_";
    layers.unshift({ name, className: "InputLayer", config: inputConfig(first, fields), calls: [] });
  }
  const calls = layers.map((layer, i) =>
    i === 0 ? layer : { ...layer, calls: [[{ layer: layers[i - 1]!.name, call: 0, output: 0 }]] },
  );
  return checked({
    name: typeof fields.name === "string" ? fields.name : "sequential",
    layers: calls,
    inputs: [{ layer: calls[0]!.name, call: 0, output: 0 }],
    outputs: [{ layer: calls.at(-1)!.name, call: 0, output: 0 }],
  });
}

/** The shape and type of what the first layer of a Sequential model takes. */
function inputConfig(first: LayerTopology, sequential: Json): Json {
  if (first.model) {
    const reference = first.model.inputs[0];
    const input = first.model.layers.find((layer) => layer.name === reference?.layer);
    if (input) return input.config;
  }
  const values = Object.fromEntries(Object.entries(first.config).map(([key, value]) => [camel(key), value]));
  const shape = values.batchInputShape ?? sequential.build_input_shape ?? sequential.buildInputShape;
  return { batchInputShape: shape, dtype: values.dtype ?? "float32" };
}

/** Layer names must be unique, and references must lead somewhere. */
function checked(model: ModelTopology): ModelTopology {
  const layers = new Map<string, LayerTopology>();
  for (const layer of model.layers) {
    if (layers.has(layer.name)) throw invalid(`Two layers are called "${layer.name}"`);
    layers.set(layer.name, layer);
  }
  const all = [...model.inputs, ...model.outputs, ...model.layers.flatMap((layer) => layer.calls.flat())];
  for (const { layer } of all) {
    if (!layers.has(layer)) throw invalid(`It refers to a layer "${layer}" that is not there`);
  }
  if (model.inputs.length === 0 || model.outputs.length === 0) throw invalid("It has no inputs or no outputs");
  return model;
}

/** `["name", 0, 0]`, or a list of these, with further arguments of the call ignored. */
function references(json: unknown, what: string): TensorReference[] {
  const entries = list(json, what);
  const all = typeof entries[0] === "string" ? [entries] : entries;
  return all.map((entry) => {
    const [layer, call = 0, output = 0] = list(entry, what);
    const fits = typeof layer === "string" && Number.isInteger(call) && Number.isInteger(output);
    if (!fits) throw invalid(`Its ${what} is malformed`);
    return { layer, call: call as number, output: output as number };
  });
}

function classAndConfig(fields: Json, what: string): { className: string; config: unknown } {
  const className = fields.class_name ?? fields.className;
  if (typeof className !== "string") throw invalid(`${what} has no class name`);
  return { className, config: fields.config };
}

function object(json: unknown, what: string, listAllowed = false): Json {
  if (listAllowed && Array.isArray(json)) return { layers: json };
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw invalid(`${what} is no object`);
  return json as Json;
}

function list(json: unknown, what: string): unknown[] {
  if (!Array.isArray(json)) throw invalid(`Its ${what} is no list`);
  return json;
}

function invalid(reason: string): ShowtellError {
  return new ShowtellError("CONVERT_INVALID_MODEL", `This is no readable layers-model: ${reason}.`);
}
