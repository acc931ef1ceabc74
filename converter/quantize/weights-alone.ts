import { intOf } from "../graph/attributes.js";
import { ELEMENT_TYPES } from "../graph/element-types.js";
import { sizeOf } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import type { GraphEditor } from "../passes/editor.js";
import { storeWeights } from "./weights.js";

/** Constants of fewer elements stay as they are: they take no room. */
const SMALLEST = 1024;

const isLarge = (tensor: Tensor | undefined): tensor is Tensor =>
  tensor?.dtype === "float32" && sizeOf(tensor.shape) >= SMALLEST;

/**
 * Stores tables of rows that are looked up (embeddings) as int8 with one step a row: the rows that are taken are widened,
 * never the table. Returns how many were stored.
 */
export function quantizeTables(editor: GraphEditor): number {
  const tables = new Map<string, { rows: string; steps: string }>();
  for (const node of editor.nodes()) {
    const [name, indices] = node.inputs as [string, string];
    const table = node.op === "Gather" && node.domain === "" ? editor.constant(name) : undefined;
    const byRows = isLarge(table) && table.shape.length === 2 && intOf(node, "axis", 0) === 0;
    if (!byRows) continue;
    const stored = tables.get(name) ?? storeRows(editor, table, name);
    tables.set(name, stored);
    const add = (op: string, inputs: string[], attributes = {}) =>
      editor.add(op, inputs, attributes, { node: `${node.name}/${op}` });
    const rows = add("Cast", [add("Gather", [stored.rows, indices])], { to: ELEMENT_TYPES.float32 });
    const steps = add("Gather", [stored.steps, indices]);
    const [output] = node.outputs as [string];
    editor.remove(node);
    editor.add("Mul", [rows, steps], {}, { node: `${node.name}/Mul`, output });
  }
  return tables.size;
}

function storeRows(editor: GraphEditor, table: Tensor, name: string): { rows: string; steps: string } {
  const { stored, scales } = storeWeights(table, 0);
  return {
    rows: editor.addConstant(stored, `${name}/int8`),
    steps: editor.addConstant({ dtype: "float32", shape: [scales.length, 1], data: scales }, `${name}/scale`),
  };
}

const RECURRENT = new Set(["LSTM", "GRU", "RNN"]);

/**
 * Stores the weights of recurrent layers as int8 with one step a row, and widens them in front of the layer. Returns how
 * many were stored.
 */
export function quantizeRecurrentWeights(editor: GraphEditor): number {
  const widened = new Map<string, string>();
  for (const node of editor.nodes()) {
    if (!RECURRENT.has(node.op) || node.domain !== "") continue;
    const inputs = node.inputs.map((name, place) => {
      const weights = editor.constant(name);
      if ((place !== 1 && place !== 2) || !isLarge(weights)) return name;
      const found = widened.get(name) ?? storeAndWiden(editor, weights, name);
      widened.set(name, found);
      return found;
    });
    editor.change(node, { inputs });
  }
  return widened.size;
}

/** Weights [directions, gates, in] as int8 times steps [directions, gates, 1]. */
function storeAndWiden(editor: GraphEditor, weights: Tensor, name: string): string {
  const [directions, gates, width] = weights.shape as [number, number, number];
  const { stored, scales } = storeWeights({ ...weights, shape: [directions * gates, width] }, 0);
  const steps: Tensor = { dtype: "float32", shape: [directions, gates, 1], data: scales };
  const cast = editor.add(
    "Cast",
    [editor.addConstant({ ...stored, shape: weights.shape }, `${name}/int8`)],
    { to: ELEMENT_TYPES.float32 },
    { node: `${name}/Cast` },
  );
  return editor.add("Mul", [cast, editor.addConstant(steps, `${name}/scale`)], {}, { node: `${name}/Mul` });
}
