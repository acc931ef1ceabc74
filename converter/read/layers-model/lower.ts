import { ShowtellError } from "../../../errors/index.js";
import { activationByName } from "../../emit/activation.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { attempt } from "../attempt.js";
import { LayerConfig } from "./config.js";
import { executionOrder, keyOf, type MaskSlot } from "./execution.js";
import { type LayerContext, layerByClass, type Masking, type WrappedLayer } from "./registry.js";
import { type LayerTopology, type ModelTopology, type TensorReference, wrappedModel } from "./topology.js";
import type { WeightStore } from "./weight-store.js";

/** What one call of a layer gives. All its outputs carry the same mask, as in TensorFlow.js. */
interface CallResult {
  outputs: Value[];
  mask?: Value;
  /** Mask that a model inside leaves behind in the slot. */
  left?: MaskSlot["read"];
}

/** The states that a layer keeps: inputs of the graph, and what they are after the run. */
export interface KeptStates {
  layer: string;
  inputs: Value[];
  last: Value[];
}

/** Turns the layers of a model, call by call, into ONNX nodes. */
export class Lowering {
  readonly #named = new Set<string>();
  /** By the layer's name in the graph. */
  readonly kept = new Map<string, KeptStates>();

  constructor(
    readonly b: GraphBuilder,
    readonly weights: WeightStore,
    readonly warnings: string[],
  ) {}

  /** Lowers a model on `inputs`, in the order of its inputs; gives its outputs and each layer's first outputs by name. */
  model(
    model: ModelTopology,
    inputs: Value[],
    place: { b?: GraphBuilder; path?: readonly string[]; slot?: MaskSlot } = {},
  ): { outputs: Value[]; layers: Map<string, Value[]> } {
    const { b = this.b, path = [], slot = { read: () => undefined, shared: false } } = place;
    const layers = new Map(model.layers.map((layer) => [layer.name, layer]));
    const offsets = callOffsets(model);
    const results = new Map<string, CallResult>();
    const callKey = (reference: TensorReference) => `${reference.call}:${reference.layer}`;
    const fed = new Map<string, Value>();
    model.inputs.forEach((reference, i) => {
      const input = inputs[i];
      if (!input) throw invalid(`Model "${model.name}" takes ${model.inputs.length} inputs, it gets ${inputs.length}.`);
      fed.set(keyOf(reference), input);
    });
    const inputsOf = (reference: TensorReference) => {
      const layer = layers.get(reference.layer)!;
      const call = layer.calls[reference.call - offsets.get(layer.name)!];
      if (!call) throw invalid(`Layer "${layer.name}" has no call ${reference.call}.`);
      return call;
    };
    const take = (reference: TensorReference): Value => {
      const value = fed.get(keyOf(reference)) ?? results.get(callKey(reference))?.outputs[reference.output];
      if (!value) throw invalid(`Layer "${reference.layer}" has no output ${reference.output}.`);
      return value;
    };
    const maskOf = (reference: TensorReference) =>
      fed.has(keyOf(reference)) ? undefined : results.get(callKey(reference))?.mask;
    const cycle = ({ layer }: TensorReference) => invalid(`Layer "${layer}" depends on its own output.`);
    for (const reference of executionOrder(model, inputsOf, cycle)) {
      const layer = layers.get(reference.layer)!;
      const call = inputsOf(reference);
      const masks = call.map(maskOf);
      if (masks.some((mask) => mask !== undefined)) {
        slot.read = () => masks[0];
        slot.shared = true;
      }
      const before = results.get(callKey(reference));
      if (!before) {
        results.set(callKey(reference), this.#call(b, layer, call.map(take), masks, path, slot));
      } else {
        if (before.left) slot.read = before.left;
        this.#refuseRepeated([...path, layer.name].join("/"), layer);
      }
    }
    const named = new Map<string, Value[]>();
    for (const layer of model.layers) {
      const first = results.get(`${offsets.get(layer.name)}:${layer.name}`) ?? results.get(`0:${layer.name}`);
      if (first) named.set(layer.name, first.outputs);
    }
    for (const reference of model.inputs) named.set(reference.layer, [fed.get(keyOf(reference))!]);
    return { outputs: model.outputs.map(take), layers: named };
  }

  /** Lowers a model inside a model or layer, which is handed the mask that `read` gives. */
  #inside(
    model: ModelTopology,
    inputs: Value[],
    place: { b: GraphBuilder; path: readonly string[]; slot: MaskSlot },
    read: MaskSlot["read"] = place.slot.read,
  ): Value[] {
    const within: MaskSlot = { read, shared: true };
    const { outputs } = this.model(model, inputs, { ...place, slot: within });
    if (within.read !== read && place.slot.shared) {
      place.slot.read = (refuse) => {
        throw refuse(`TensorFlow.js hands it a mask from within "${place.path.join("/")}" that is gone by then`);
      };
    }
    return outputs;
  }

  /** TensorFlow.js runs a layer again for each of its outputs that is used; that moves a kept state on each time. */
  #refuseRepeated(scope: string, layer: LayerTopology): void {
    const keeps = [...this.kept.keys()].some((name) => name === scope || name.startsWith(`${scope}/`));
    if (!keeps) return;
    throw new ShowtellError(
      "CONVERT_UNSUPPORTED",
      `Layer "${scope}" (${layer.className}) cannot be converted: it keeps its state, and more than one of its outputs is ` +
        "used; TensorFlow.js then moves its state on once for each of them.",
    );
  }

  #call(
    b: GraphBuilder,
    layer: LayerTopology,
    inputs: Value[],
    masks: (Value | undefined)[],
    path: readonly string[],
    slot: MaskSlot,
  ): CallResult {
    const scope = [...path, layer.name].join("/");
    if (layer.model) {
      const outputs = this.#inside(layer.model, inputs, { b, path: [...path, layer.name], slot });
      return { outputs, left: slot.read };
    }
    const site: LayerSite = { ...layer, b, inputs, masks, path, scope, slot };
    const result = b.within(scope, () => this.#layer(site), layer.className);
    result.outputs.forEach((value, i) => {
      if (inputs.includes(value) || value.constant || this.#named.has(value.name)) return;
      value.name = i === 0 ? scope : `${scope}:${i}`;
      this.#named.add(value.name);
    });
    return result;
  }

  /** Lowers a layer and follows its mask. */
  #layer(site: LayerSite): CallResult {
    const context = this.#context(site);
    const registered = layerByClass(site.className);
    if (!registered) throw context.unsupported("this class is not known (registerLayer adds one)");
    return attempt(() => {
      const result = registered.lower(context);
      return { outputs: Array.isArray(result) ? result : [result], mask: maskAfter(registered.masking, context) };
    }, context);
  }

  #context(site: LayerSite): LayerContext {
    const { name, className, inputs, path, scope, b, masks, slot } = site;
    const where = `Layer "${scope}" (${className})`;
    const config = new LayerConfig(site.config, where);
    const warn = (message: string) => {
      if (!this.warnings.includes(`${where}: ${message}.`)) this.warnings.push(`${where}: ${message}.`);
    };
    const unsupported = (reason: string) =>
      new ShowtellError("CONVERT_UNSUPPORTED", `${where} cannot be converted: ${reason}.`);
    const weight = (variable: string, rank?: number) => {
      const own = site.ownName;
      const tensor =
        this.weights.find(path, name, variable) ??
        (own === undefined ? undefined : this.weights.find([...path, name], own, variable));
      if (!tensor) throw invalid(`${where}: its weight "${variable}" is missing.`);
      if (rank !== undefined && tensor.shape.length !== rank) {
        throw invalid(`${where}: its weight "${variable}" has shape [${tensor.shape}], not ${rank} axes.`);
      }
      return tensor;
    };
    const siteOf = (wrapped: WrappedLayer): LayerSite => ({
      className: wrapped.className,
      config: wrapped.config,
      inputs: wrapped.inputs,
      b,
      masks: wrapped.inputs.map(() => undefined),
      slot: wrapped.readMask ? { read: wrapped.readMask, shared: true } : slot,
      scope: wrapped.name === undefined ? scope : `${scope}/${wrapped.name}`,
      name: wrapped.name ?? name,
      ownName: typeof wrapped.config.name === "string" ? wrapped.config.name : undefined,
      path: wrapped.name === undefined ? path : [...path, name],
    });
    return {
      name,
      className,
      config,
      b,
      inputs,
      masks,
      get x() {
        if (inputs.length !== 1) throw invalid(`${where} takes one input, it gets ${inputs.length}.`);
        return inputs[0]!;
      },
      readMask: () => {
        const mask = slot.read(unsupported);
        if (mask && masks.every((own) => own === undefined)) {
          warn(
            `its input has no mask, but the one of an earlier layer ("${mask.name}") acts on it, as in TensorFlow.js`,
          );
        }
        return mask;
      },
      weight,
      constant: (variable, rank) => b.constant(weight(variable, rank), variable),
      activate: (x, key = "activation", otherwise = "linear") => {
        const wanted = config.raw(key) ?? otherwise;
        const found = typeof wanted === "string" ? activationByName(wanted) : undefined;
        if (!found) throw unsupported(`its activation ${JSON.stringify(wanted)} is not known`);
        return found(b, x);
      },
      keptStates: (types) => {
        if (b !== this.b) throw unsupported("it keeps its state, inside of what runs step by step");
        const before = this.kept.get(scope);
        if (before) return before.last;
        const states = types.map(({ dtype, shape }, i) => b.input(`${scope}/state_${i}`, dtype, shape));
        this.kept.set(scope, { layer: scope, inputs: states, last: states });
        const pairs = states.map(
          (_, i) => `input "${scope}/state_${i}" takes what output "${scope}/next_state_${i}" gave`,
        );
        warn(`it keeps its state: ${pairs.join(", ")}; zeros at first`);
        return states;
      },
      keepStates: (states) => {
        const before = this.kept.get(scope);
        if (before) before.last = states;
      },
      inner: (wrapped) => {
        const topology = wrappedModel(wrapped.className, wrapped.config);
        if (!topology) return this.#layer(siteOf(wrapped)).outputs;
        return this.#inside(topology, wrapped.inputs, { b, path: [...path, name], slot }, wrapped.readMask);
      },
      innerContext: (wrapped) => this.#context(siteOf(wrapped)),
      inBody: (body) => this.#context({ ...site, b: body }),
      unsupported,
      invalid: (reason) => invalid(`${where}: ${reason}.`),
      warn,
    };
  }
}

/** One call of a layer: what it is, where it stands, what it takes. */
interface LayerSite {
  name: string;
  className: string;
  config: Record<string, unknown>;
  b: GraphBuilder;
  inputs: Value[];
  masks: readonly (Value | undefined)[];
  slot: MaskSlot;
  /** Models, and layers that wrap it, from the outside in. */
  path: readonly string[];
  /** Name in messages and in the graph. */
  scope: string;
  /** Of a wrapped layer: the name that it has itself, under which it may have been built on its own. */
  ownName?: string;
}

function maskAfter(masking: Masking = "drops", context: LayerContext): Value | undefined {
  if (masking === "drops") return undefined;
  return masking === "passes" ? context.masks[0] : masking(context);
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
