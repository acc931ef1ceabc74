import type * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { operatorTable } from "../converter/read/graph-model/registry.js";
import { type Json, type Mutation, mutate, mutation, ODD } from "./mutants.js";

/** A change to one node of a graph-model, of the graph itself or of a function; numbers pick what is changed. */
interface NodeMutation {
  kind: "drop" | "repeat" | "rename" | "operator" | "rewire" | "reverse" | "attribute" | "borrow" | "call";
  node: number;
  other: number;
  odd: number;
}

/** A change to the weights: to what the manifest says of one, or to the bytes. */
interface WeightMutation {
  kind: "shape" | "dtype" | "quantization" | "element" | "cut";
  weight: number;
  at: number;
  value: number;
}

type GraphMutation = Mutation | NodeMutation | WeightMutation;

const nodeMutation: fc.Arbitrary<NodeMutation> = fc.record({
  kind: fc.constantFrom(
    ...([
      "drop",
      "repeat",
      "rename",
      "operator",
      "rewire",
      "rewire",
      "reverse",
      "attribute",
      "borrow",
      "call",
    ] as const),
  ),
  node: fc.nat(),
  other: fc.nat(),
  odd: fc.nat(),
});

/** Numbers that a constant such as a shape, an axis or a count may hold. */
const NUMBERS = [-1, 0, 1, 2, 3, 7, 64, 1000, -5, 1e6, 1e9, 2 ** 31 - 1, -(2 ** 31), 0x7fc00000];

const weightMutation: fc.Arbitrary<WeightMutation> = fc.record({
  kind: fc.constantFrom(...(["shape", "dtype", "quantization", "element", "element", "element", "cut"] as const)),
  weight: fc.nat(),
  at: fc.nat(),
  value: fc.nat(),
});

export const graphMutations: fc.Arbitrary<GraphMutation[]> = fc.array(
  fc.oneof(mutation, { arbitrary: nodeMutation, weight: 3 }, { arbitrary: weightMutation, weight: 2 }),
  { minLength: 1, maxLength: 4 },
);

type NodeJson = { name: Json; op: Json; input?: Json[]; attr?: Record<string, Json> };

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length]!;

/** The artifacts of a graph-model with changes; the given ones stay as they are. */
export function graphMutant(artifacts: tf.io.ModelArtifacts, changes: readonly GraphMutation[]): tf.io.ModelArtifacts {
  const { weightData, ...json } = artifacts;
  const copy = structuredClone(json) as tf.io.ModelArtifacts;
  copy.weightData = (weightData as ArrayBuffer).slice(0);
  for (const change of changes) {
    if ("way" in change) mutateJson(copy, change);
    else if ("node" in change) mutateNode(copy, change);
    else mutateWeight(copy, change);
  }
  return copy;
}

function mutateJson(artifacts: tf.io.ModelArtifacts, change: Mutation): void {
  const { weightData, ...json } = artifacts;
  mutate(json as unknown as Json, change);
  // A topology in another form is another error than those that are sought here.
  for (const key of Object.keys(artifacts)) if (!(key in json)) delete artifacts[key as keyof tf.io.ModelArtifacts];
  Object.assign(artifacts, json, { weightData });
}

/** The lists of nodes that an earlier change has left: the graph's, its functions' and that which fills its tables. */
function nodeLists(artifacts: tf.io.ModelArtifacts): NodeJson[][] {
  const topology = artifacts.modelTopology as { node?: unknown; library?: { function?: { nodeDef?: unknown }[] } };
  const functions = topology?.library?.function;
  const lists = [
    topology?.node,
    ...(Array.isArray(functions) ? functions.map((found) => found?.nodeDef) : []),
    (artifacts.modelInitializer as { node?: unknown } | undefined)?.node,
  ];
  return lists.filter((list): list is NodeJson[] => Array.isArray(list) && list.length > 0);
}

function mutateNode(artifacts: tf.io.ModelArtifacts, { kind, node: place, other, odd }: NodeMutation): void {
  const lists = nodeLists(artifacts);
  const all = lists.flatMap((list) => list.map((node) => ({ list, node })));
  if (all.length === 0) return;
  const { list, node } = pick(all, place);
  if (typeof node !== "object" || node === null) return;
  const names = list.flatMap((entry) => (typeof entry?.name === "string" ? [entry.name] : []));
  const inputs = Array.isArray(node.input) ? node.input : [];
  const attributes = typeof node.attr === "object" && node.attr !== null ? node.attr : {};
  const keys = Object.keys(attributes);
  if (kind === "drop") list.splice(list.indexOf(node), 1);
  else if (kind === "repeat") list.push(structuredClone(node));
  else if (kind === "rename") node.name = pick([...names, "__proto__", "constructor", "", "a:b", "^x"], other);
  else if (kind === "operator") node.op = pick(operatorTable(), other)[0];
  else if (kind === "rewire" && names.length > 0) {
    const source = pick(names, other);
    const added = inputs.length === 0 || odd % 8 === 0;
    node.input = inputs;
    inputs[added ? inputs.length : odd % inputs.length] = odd % 5 === 0 ? `${source}:1` : source;
  } else if (kind === "reverse") inputs.reverse();
  else if (kind === "attribute" && keys.length > 0) {
    const key = pick(keys, other);
    const value = attributes[key];
    const inner = typeof value === "object" && value !== null ? Object.keys(value) : [];
    if (odd % 4 === 0 || inner.length === 0) attributes[key] = pick(ODD, odd);
    else (value as Record<string, Json>)[pick(inner, odd)] = pick([...ODD, ...NUMBERS.map(String)], odd);
  } else if (kind === "borrow") {
    const { node: lender } = pick(all, other);
    if (typeof lender?.attr === "object" && lender.attr !== null)
      node.attr = { ...attributes, ...structuredClone(lender.attr) };
  } else if (kind === "call") {
    const functions = all.flatMap((entry) =>
      Object.values(entry.node?.attr ?? {}).filter((value) => typeof value === "object" && value && "func" in value),
    );
    const key = keys.find((name) => JSON.stringify(attributes[name])?.includes('"func"'));
    if (key && functions.length > 0) attributes[key] = structuredClone(pick(functions, other));
  }
}

const SHAPES: Json[] = [
  [],
  [0],
  [1],
  [-1],
  [2, 2],
  [2 ** 53],
  [2 ** 31, 2 ** 31],
  [1e9, 1e9],
  [1.5],
  "2",
  null,
  [null],
];
const TYPES: Json[] = ["float32", "int32", "bool", "string", "complex64", "float16", "constructor", 7, null];
const QUANTIZATIONS: Json[] = [
  ...[{ dtype: "uint8", scale: 0.1, min: -1 }, { dtype: "uint16", scale: 0.1, min: -1 }, { dtype: "float16" }],
  ...[{ dtype: "uint8" }, { dtype: "__proto__", scale: 1, min: 1 }, { dtype: "uint8", scale: "NaN", min: null }],
  ...[{ dtype: "uint8", scale: 1e300, min: 1e300 }, 7, []],
];

function mutateWeight(artifacts: tf.io.ModelArtifacts, { kind, weight, at, value }: WeightMutation): void {
  const bytes = artifacts.weightData as ArrayBuffer;
  const specs = (Array.isArray(artifacts.weightSpecs) ? artifacts.weightSpecs : []) as unknown as Record<
    string,
    Json
  >[];
  if (kind === "cut") {
    artifacts.weightData =
      value % 2 ? bytes.slice(0, at % (bytes.byteLength + 1)) : new ArrayBuffer(bytes.byteLength + (at % 9));
    return;
  }
  if (kind === "element") {
    const words = Math.floor(bytes.byteLength / 4);
    if (words > 0) new DataView(bytes).setInt32((at % words) * 4, pick(NUMBERS, value), true);
    return;
  }
  const spec = specs.length > 0 ? pick(specs, weight) : undefined;
  if (typeof spec !== "object" || spec === null) return;
  spec[kind] = pick({ shape: SHAPES, dtype: TYPES, quantization: QUANTIZATIONS }[kind], value);
}
