import { ShowtellError } from "../../../errors/index.js";
import { activationByName } from "../../emit/activation.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { LayerConfig } from "./config.js";
import { type LayerContext, layerByClass, type WrappedLayer } from "./registry.js";
import type { LayerTopology, ModelTopology, TensorReference } from "./topology.js";
import type { WeightStore } from "./weight-store.js";

/** Turns the layers of a model, call by call, into ONNX nodes. */
export class Lowering {
  /** Tensors that carry a mask. */
  readonly #masked = new Set<Value>();
  /** Layer by layer: the tensors that its calls gave, by `path/layer`. */
  readonly #named = new Set<string>();

  constructor(
    readonly b: GraphBuilder,
    readonly weights: WeightStore,
    readonly warnings: string[],
  ) {}

  /** Lowers a model on `inputs`, in the order of its inputs; gives its outputs and each layer's first output by name. */
  model(
    model: ModelTopology,
    inputs: Value[],
    path: readonly string[] = [],
  ): { outputs: Value[]; layers: Map<string, Value[]> } {
    const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
    const offsets = callOffsets(model);
    const done = new Map<string, Value[]>();
    const keyOf = (reference: TensorReference) => `${reference.call}:${reference.layer}`;
    model.inputs.forEach((reference, i) => {
      const input = inputs[i];
      if (!input) throw invalid(`Model "${model.name}" takes ${model.inputs.length} inputs, it gets ${inputs.length}.`);
      done.set(keyOf(reference), [input]);
    });
    const callOf = (reference: TensorReference) => {
      const layer = layers.get(reference.layer)!;
      const call = layer.calls[reference.call - offsets.get(layer.name)!];
      if (!call) throw invalid(`Layer "${layer.name}" has no call ${reference.call}.`);
      return { layer, call };
    };
    const take = (reference: TensorReference): Value => {
      const value = done.get(keyOf(reference))![reference.output];
      if (!value) throw invalid(`Layer "${reference.layer}" has no output ${reference.output}.`);
      return value;
    };
    // Depth first without recursion: models may be thousands of layers deep.
    const open = new Set<string>();
    const stack = [...model.outputs].reverse();
    while (stack.length > 0) {
      const reference = stack.at(-1)!;
      const key = keyOf(reference);
      if (done.has(key)) {
        stack.pop();
        continue;
      }
      const { layer, call } = callOf(reference);
      const missing = call.filter((input) => !done.has(keyOf(input)));
      if (missing.length > 0) {
        if (open.has(key)) throw invalid(`Layer "${layer.name}" depends on its own output.`);
        open.add(key);
        stack.push(...missing.reverse());
        continue;
      }
      stack.pop();
      done.set(key, this.#call(layer, call.map(take), path));
    }
    const named = new Map<string, Value[]>();
    for (const layer of model.layers) {
      const first = done.get(`${offsets.get(layer.name)}:${layer.name}`) ?? done.get(`0:${layer.name}`);
      if (first) named.set(layer.name, first);
    }
    return { outputs: model.outputs.map(take), layers: named };
  }

  #call(layer: LayerTopology, inputs: Value[], path: readonly string[]): Value[] {
    const scope = [...path, layer.name].join("/");
    if (layer.model) return this.model(layer.model, inputs, [...path, layer.name]).outputs;
    const outputs = this.b.within(scope, () => this.#layer({ ...layer, inputs, path, scope }), layer.className);
    outputs.forEach((value, i) => {
      if (inputs.includes(value) || value.constant || this.#named.has(value.name)) return;
      value.name = i === 0 ? scope : `${scope}:${i}`;
      this.#named.add(value.name);
    });
    return outputs;
  }

  /** Lowers a layer and follows its mask. */
  #layer(site: LayerSite): Value[] {
    const { className, inputs } = site;
    const registered = layerByClass(className);
    const context = this.#context(site);
    if (!registered) throw context.unsupported("this class is not known (registerLayer adds one)");
    const masked = inputs.some((input) => this.#masked.has(input));
    if (masked && registered.masking === "reads") {
      throw context.unsupported("it reads a mask, which is not supported yet");
    }
    const result = attempt(() => registered.lower(context), context);
    const outputs = Array.isArray(result) ? result : [result];
    const makes = registered.masking === "makes" && context.config.raw("maskZero") === true;
    if (makes || className === "Masking" || (masked && registered.masking === "passes")) {
      for (const output of outputs) this.#masked.add(output);
    }
    return outputs;
  }

  #context(site: LayerSite): LayerContext {
    const { name, className, inputs, path, scope } = site;
    const where = `Layer "${scope}" (${className})`;
    const config = new LayerConfig(site.config, where);
    const unsupported = (reason: string) =>
      new ShowtellError("CONVERT_UNSUPPORTED", `${where} cannot be converted: ${reason}.`);
    const weight = (variable: string, rank?: number) => {
      const tensor = this.weights.find(path, name, variable);
      if (!tensor) throw invalid(`${where}: its weight "${variable}" is missing.`);
      if (rank !== undefined && tensor.shape.length !== rank) {
        throw invalid(`${where}: its weight "${variable}" has shape [${tensor.shape}], not ${rank} axes.`);
      }
      return tensor;
    };
    const siteOf = (wrapped: WrappedLayer): LayerSite => ({
      ...wrapped,
      scope,
      name: wrapped.name ?? name,
      path: wrapped.name === undefined ? path : [...path, name],
    });
    return {
      name,
      className,
      config,
      b: this.b,
      inputs,
      get x() {
        if (inputs.length !== 1) throw invalid(`${where} takes one input, it gets ${inputs.length}.`);
        return inputs[0]!;
      },
      weight,
      constant: (variable, rank) => this.b.constant(weight(variable, rank), variable),
      activate: (x, key = "activation") => {
        const wanted = config.raw(key) ?? "linear";
        const found = typeof wanted === "string" ? activationByName(wanted) : undefined;
        if (!found) throw unsupported(`its activation ${JSON.stringify(wanted)} is not known`);
        return found(this.b, x);
      },
      inner: (wrapped) => this.#layer(siteOf(wrapped)),
      innerContext: (wrapped) => this.#context(siteOf(wrapped)),
      unsupported,
      invalid: (reason) => invalid(`${where}: ${reason}.`),
      warn: (message) => this.warnings.push(`${where}: ${message}.`),
    };
  }
}

/** One call of a layer: what it is, where it stands, what it takes. */
interface LayerSite {
  name: string;
  className: string;
  config: Record<string, unknown>;
  inputs: Value[];
  /** Models, and layers that wrap it, from the outside in. */
  path: readonly string[];
  /** Name in messages and in the graph. */
  scope: string;
}

/** A lowering that trips over a malformed configuration or weight says so by the layer's name. */
function attempt<T>(lower: () => T, context: LayerContext): T {
  try {
    return lower();
  } catch (error) {
    if (error instanceof ShowtellError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const fault = context.invalid(`it cannot be read (${reason})`);
    throw new ShowtellError(fault.code, fault.message, { cause: error });
  }
}

/**
 * Calls of an inner model are counted from 1, as its own construction is its call 0; files that count from 0 are
 * recognised by a reference to call 0.
 */
function callOffsets(model: ModelTopology): Map<string, number> {
  const zero = new Set(
    [...model.outputs, ...model.layers.flatMap((layer) => layer.calls.flat())]
      .filter((reference) => reference.call === 0)
      .map((reference) => reference.layer),
  );
  return new Map(model.layers.map((layer) => [layer.name, layer.model && !zero.has(layer.name) ? 1 : 0]));
}

function invalid(message: string): ShowtellError {
  return new ShowtellError("CONVERT_INVALID_MODEL", message);
}
