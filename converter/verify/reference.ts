import * as tf from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import { Names } from "../graph/names.js";
import { modelKind } from "../read/kind.js";
import { isGraphModel } from "../read/source.js";
import type { Values } from "./values.js";

/** A tfjs model that is run to compare with. */
export interface Reference {
  /** The type that an input is given in; undefined where the model has no such input. */
  inputType(name: string): tf.DataType | undefined;
  /** Forgets the states that the model's layers keep from run to run. */
  reset(): void;
  /** Runs the model; outputs by place among its own, or by name of an output, a layer or a node. */
  run(inputs: Record<string, tf.Tensor>, outputs: (number | string)[]): Promise<Values[]>;
  /** What every layer or node on the way to the outputs gives, by name. */
  inner(inputs: Record<string, tf.Tensor>, outputs: (number | string)[]): Promise<Map<string, Values>>;
}

/**
 * Makes a live model of artifacts.
 * @throws ShowtellError CONVERT_INVALID_MODEL where tfjs cannot
 */
export async function loadModel(artifacts: tf.io.ModelArtifacts): Promise<tf.LayersModel | tf.GraphModel> {
  const handler = tf.io.fromMemory(artifacts);
  try {
    return await (modelKind(artifacts) === "layers-model" ? tf.loadLayersModel(handler) : tf.loadGraphModel(handler));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ShowtellError("CONVERT_INVALID_MODEL", `TensorFlow.js itself cannot load the model: ${reason}`, {
      cause: error,
    });
  }
}

export function referenceOf(model: tf.LayersModel | tf.GraphModel): Reference {
  return isGraphModel(model) ? new GraphReference(model) : new LayersReference(model);
}

/** Names of a layers-model's inputs; Sequential models leave their own list empty. */
export function inputNames({ inputNames, inputs }: tf.LayersModel): string[] {
  return inputNames.length > 0 ? inputNames : inputs.map(({ sourceLayer }) => sourceLayer.name);
}

class LayersReference implements Reference {
  readonly #names: string[];

  constructor(private readonly model: tf.LayersModel) {
    this.#names = inputNames(model);
  }

  inputType(name: string): tf.DataType | undefined {
    return this.model.inputs[this.#names.indexOf(name)]?.dtype;
  }

  reset(): void {
    this.model.resetStates();
  }

  async run(inputs: Record<string, tf.Tensor>, outputs: (number | string)[]): Promise<Values[]> {
    const whole = this.#names.every((name) => inputs[name]);
    if (!whole || outputs.some((output) => typeof output === "string")) {
      return this.#part(inputs, this.#tensors(outputs));
    }
    const all = await this.#predict(this.model, inputs);
    return outputs.map((place) => all[place as number]!);
  }

  async inner(inputs: Record<string, tf.Tensor>, outputs: (number | string)[]): Promise<Map<string, Values>> {
    const tensors = symbolicTensors(this.model, this.#tensors(outputs));
    const values = await this.#part(inputs, [...tensors.values()]);
    return new Map([...tensors.keys()].map((name, i) => [name, values[i]!]));
  }

  #tensors(outputs: (number | string)[]): tf.SymbolicTensor[] {
    const named = symbolicTensors(this.model, this.model.outputs);
    return outputs.map((output) => (typeof output === "number" ? this.model.outputs[output]! : named.get(output)!));
  }

  /** Runs what leads to some tensors; the other inputs need not be there. */
  #part(inputs: Record<string, tf.Tensor>, outputs: tf.SymbolicTensor[]): Promise<Values[]> {
    const given = this.model.inputs.filter((_, i) => inputs[this.#names[i]!]);
    return this.#predict(tf.model({ inputs: given, outputs }), inputs);
  }

  async #predict(model: tf.LayersModel, inputs: Record<string, tf.Tensor>): Promise<Values[]> {
    const list = this.#names.flatMap((name) => inputs[name] ?? []);
    const results = tf.tidy(() => model.predict(list.length === 1 ? list[0]! : list));
    return valuesOf(Array.isArray(results) ? results : [results]);
  }
}

/** What each call of each layer on the way to `ends` gives, by the layer's name; further calls and outputs are numbered. */
function symbolicTensors(model: tf.LayersModel, ends: tf.SymbolicTensor[]): Map<string, tf.SymbolicTensor> {
  const found: tf.SymbolicTensor[] = [];
  const seen = new Set(model.inputs.map(({ id }) => id));
  const stack = [...ends];
  for (let tensor = stack.pop(); tensor; tensor = stack.pop()) {
    if (seen.has(tensor.id)) continue;
    seen.add(tensor.id);
    found.push(tensor);
    stack.push(...tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!.inputTensors);
  }
  found.sort((a, b) => a.nodeIndex - b.nodeIndex || a.outputTensorIndex! - b.outputTensorIndex!);
  const names = new Names();
  return new Map(found.map((tensor) => [names.unique(tensor.sourceLayer.name, ":"), tensor]));
}

/** Operators whose nodes give nothing to compare: constants, and the joints of loops. */
const SILENT = new Set([
  ...["Const", "Placeholder", "PlaceholderWithDefault", "NoOp"],
  ...["Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond"],
]);

class GraphReference implements Reference {
  constructor(private readonly model: tf.GraphModel) {}

  inputType(name: string): tf.DataType | undefined {
    const node = (this.#signature?.inputs?.[name]?.name ?? name).split(":")[0];
    return this.model.inputs.find((input) => input.name === node || input.name === name)?.dtype;
  }

  /** A graph-model keeps none. */
  reset(): void {}

  async run(inputs: Record<string, tf.Tensor>, outputs: (number | string)[]): Promise<Values[]> {
    // By the signature: model.outputs says of a node's second output no more than the node's name.
    const own = Object.values(this.#signature?.outputs ?? {}).map(({ name }) => name);
    const names = outputs.map((output) =>
      typeof output === "number" ? (own[output] ?? this.model.outputs[output]!.name) : output,
    );
    const results = await this.#execute(inputs, names);
    return valuesOf(Array.isArray(results) ? results : [results]);
  }

  async inner(inputs: Record<string, tf.Tensor>): Promise<Map<string, Values>> {
    const { node } = (await this.#artifacts()).modelTopology as { node: { name: string; op: string }[] };
    const found = new Map<string, Values>();
    for (const { name, op } of node) {
      if (SILENT.has(op)) continue;
      try {
        const [values] = await this.run(inputs, [name]);
        found.set(name, values!);
      } catch {
        // Within loops and branches a node has no one value.
      }
    }
    return found;
  }

  get #signature(): { [Side in "inputs" | "outputs"]?: Record<string, { name?: string }> } | undefined {
    return this.model.modelSignature as never;
  }

  async #execute(inputs: Record<string, tf.Tensor>, names: string[]): Promise<tf.Tensor | tf.Tensor[]> {
    try {
      return tf.tidy(() => this.model.execute(inputs, names));
    } catch {
      // Shapes and loops that depend on values are run by the other method alone.
      return this.model.executeAsync(inputs, names);
    }
  }

  async #artifacts(): Promise<tf.io.ModelArtifacts> {
    return new Promise((resolve, reject) => {
      const save = async (artifacts: tf.io.ModelArtifacts) => {
        resolve(artifacts);
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" as const } };
      };
      this.model.save({ save }).catch(reject);
    });
  }
}

async function valuesOf(tensors: tf.Tensor[]): Promise<Values[]> {
  const values = await Promise.all(
    tensors.map(async (tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, data: await tensor.data() })),
  );
  tf.dispose(tensors);
  return values as Values[];
}
