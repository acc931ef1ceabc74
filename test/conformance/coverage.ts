import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import * as tf from "@tensorflow/tfjs";
import "../../converter/index.js";
import { operatorByName } from "../../converter/read/graph-model/registry.js";
import { layerTable } from "../../converter/read/layers-model/registry.js";

/** Read with the topology or the weights, and in no registry. */
const READ_APART = new Set(["InputLayer", "Model", "Functional", "Sequential", "Const"]);

/** How much of what TensorFlow.js itself lists is converted. */
export interface Coverage {
  all: number;
  converted: number;
}

/** Of the layer classes that TensorFlow.js has registered. */
export function layerCoverage(): Coverage {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const classes = Object.entries(classNameMap)
    .filter(([, [type]]) => type.prototype instanceof tf.layers.Layer)
    .map(([name]) => name);
  const known = new Set(layerTable().flatMap(({ name, becomes }) => (becomes ? [name] : [])));
  return coverage(classes, (name) => known.has(name));
}

/** Of the operators that TensorFlow.js runs in graph-models. */
export async function operatorCoverage(): Promise<Coverage> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("@tensorflow/tfjs-converter/package.json")), "dist/operations/op_list");
  const operators: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js") && !name.includes("_test"))) {
    const list = (await import(pathToFileURL(join(folder, file)).href)) as { json: { tfOpName: string }[] };
    operators.push(...list.json.map(({ tfOpName }) => tfOpName));
  }
  return coverage(operators, (name) => operatorByName(name)?.becomes !== undefined);
}

function coverage(names: string[], isKnown: (name: string) => boolean): Coverage {
  return { all: names.length, converted: names.filter((name) => READ_APART.has(name) || isKnown(name)).length };
}
