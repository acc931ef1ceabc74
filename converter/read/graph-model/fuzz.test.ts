import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { anyOperator } from "../../../test/any-operator.js";
import { counting, int, libraryFunction, whileNode } from "../../../test/control-flow.js";
import { attr, graphArtifacts, ints, type TestGraph, type TestNode } from "../../../test/graph-model.js";
import { graphMutant, graphMutations } from "../../../test/graph-mutants.js";
import { GRAPH_SAMPLES } from "../../../test/graph-samples.js";
import { endOf, FUZZ_SEED, fuzzRuns } from "../../../test/mutants.js";
import { convert } from "../../index.js";

before(async () => {
  await tf.setBackend("cpu");
});

/** The first in which all samples convert. */
const OPSET = 20;

/** Models of a few kilobytes must not take more than this to convert or to refuse. */
const BOUND_KB = 400_000;

/** Counts how conversions of what is drawn end, and asserts that the process did not grow without bound. */
async function countEnds<T>(drawn: fc.Arbitrary<T>, numRuns: number, make: (value: T) => tf.io.ModelArtifacts) {
  const ends: Record<string, number> = {};
  const { maxRSS } = process.resourceUsage();
  const property = fc.asyncProperty(drawn, async (value) => {
    const end = await endOf(convert(make(value), { opset: OPSET }));
    ends[end] = (ends[end] ?? 0) + 1;
  });
  await fc.assert(property, { numRuns, seed: FUZZ_SEED, endOnFailure: true });
  const grown = process.resourceUsage().maxRSS - maxRSS;
  assert.ok(grown < BOUND_KB, `the process grew by ${grown} KB`);
  return ends;
}

for (const [name, sample] of Object.entries(GRAPH_SAMPLES)) {
  test(`mutants of a graph-model: ${name}`, async (t) => {
    const artifacts = graphArtifacts(sample());
    await convert(artifacts, { opset: OPSET });
    const ends = await countEnds(graphMutations, fuzzRuns(150), (changes) => graphMutant(artifacts, changes));
    t.diagnostic(JSON.stringify(ends));
    for (const end of ["converted", "CONVERT_INVALID_MODEL", "CONVERT_UNSUPPORTED"]) assert.ok(ends[end]! > 1, end);
  });
}

test("a node of any operator, of any inputs and attributes", async (t) => {
  const ends = await countEnds(anyOperator(), fuzzRuns(600), graphArtifacts);
  t.diagnostic(JSON.stringify(ends));
  for (const end of ["converted", "CONVERT_INVALID_MODEL", "CONVERT_UNSUPPORTED"]) assert.ok(ends[end]! > 20, end);
});

const x = { x: { shape: [-1, 4], dtype: "float32" as const } };
const single = (
  node: Omit<TestNode, "name">,
  constants: TestGraph["constants"] = {},
  inputs: TestGraph["inputs"] = x,
) => graphArtifacts({ inputs, constants, nodes: [{ name: "y", ...node }], outputs: ["y"] });
const refused = (artifacts: tf.io.ModelArtifacts, code: string, message: RegExp) =>
  assert.rejects(convert(artifacts, { opset: OPSET }), { code, message });

test("numbers that ask for more than there can be are refused before anything is made of them", async () => {
  const huge = { x: { shape: [1e9], dtype: "float32" as const } };
  const invalid = "CONVERT_INVALID_MODEL";
  const axis = int(1);
  await refused(single({ op: "Unpack", input: ["x"] }, {}, huge), invalid, /number of outputs is 1000000000/);
  const split = (count: number) =>
    single({ op: "Split", input: ["axis", "x"], attr: { num_split: attr.int(count) } }, { axis });
  for (const count of [1e9, -1, 2 ** 31]) await refused(split(count), invalid, /number of outputs/);
  const shaped = { x: huge.x, shape: { shape: [1e9], dtype: "int32" as const } };
  const fill = { op: "RandomUniform", input: ["shape"], attr: { dtype: attr.dtype("float32") } };
  await refused(single(fill, {}, shaped), "CONVERT_UNSUPPORTED", /./);
  await refused(single({ op: "BroadcastArgs", input: ["shape", "shape"] }, {}, shaped), invalid, /first shape/);
  await refused(single({ op: "Slice", input: ["x", "shape", "shape"] }, {}, shaped), invalid, /length of begin/);
  const crop = single(
    { op: "CropAndResize", input: ["images", "boxes", "which", "size"], attr: { method: attr.string("bilinear") } },
    { boxes: tf.zeros([1, 4]), which: ints(0), size: ints(1e9, 1e9) },
    { images: { shape: [1, 8, 8, 3], dtype: "float32" } },
  );
  await refused(crop, invalid, /crop size is 1000000000/);
  const grams = { separator: "", left_pad: "", right_pad: "" };
  const texts = Object.fromEntries(Object.entries(grams).map(([key, text]) => [key, attr.string(text)]));
  const ngrams = single(
    { op: "StringNGrams", input: ["x", "splits"], attr: { ...texts, ngram_widths: attr.ints([1e9]) } },
    { splits: ints(0, 2) },
    { x: { shape: [2], dtype: "string" } },
  );
  await refused(ngrams, invalid, /width is 1000000000/);
});

test("a graph that would become too large is refused", async () => {
  const nodes = Array.from({ length: 8 }, (_, i) => ({ name: `unpack_${i}`, op: "Unpack", input: ["x"] }));
  const inputs = { x: { shape: [2 ** 16], dtype: "float32" as const } };
  const graph = { inputs, nodes, outputs: nodes.map(({ name }) => name) };
  await refused(graphArtifacts(graph), "CONVERT_UNSUPPORTED", /more than 262144 nodes/);
});

test("constants are not unfolded into more than a file should hold", async () => {
  const side = 40_000;
  const constants = { column: tf.ones([side, 1]), row: tf.ones([1, side]) };
  const { graph } = await convert(
    graphArtifacts({
      inputs: { x: { shape: [side, side], dtype: "float32" } },
      constants,
      nodes: [
        { name: "table", op: "AddV2", input: ["column", "row"] },
        { name: "y", op: "AddV2", input: ["x", "table"] },
      ],
      outputs: ["y"],
    }),
  );
  assert.ok(graph.initializers.size > 0);
  for (const { data } of graph.initializers.values()) assert.ok(data.length <= side);
});

test("shapes, lists and tables that cannot be are refused with the reason", async () => {
  const invalid = "CONVERT_INVALID_MODEL";
  const axis = { axis: int(0) };
  const joined = (a: tf.Tensor, b: tf.Tensor) =>
    single({ op: "ConcatV2", input: ["a", "b", "axis"] }, { a, b, ...axis });
  await refused(joined(tf.zeros([2]), tf.zeros([2, 2])), invalid, /how many axes/);
  await refused(single({ op: "AddN", input: [] }), invalid, /0 inputs/);
  const pads = (pairs: tf.Tensor) => single({ op: "Pad", input: ["x", "pairs"] }, { pairs });
  await refused(pads(tf.tensor1d(["a", "b", "c", "d"])), "CONVERT_UNSUPPORTED", /paddings/);
  await refused(pads(ints(1, 1)), invalid, /2 paddings for 2 axes/);
  await refused(single({ op: "Sum", input: ["x", "axes"] }, { axes: tf.tensor1d([0.5]) }), invalid, /no whole number/);
  const dense = single(
    { op: "SparseToDense", input: ["at", "shape", "values", "off"] },
    { at: ints(0), shape: ints(-4), values: tf.tensor1d([1]), off: tf.scalar(0) },
  );
  await refused(dense, invalid, /no shape/);
  const table = {
    name: "table",
    op: "HashTableV2",
    attr: { key_dtype: attr.dtype("string"), value_dtype: attr.dtype("int32") },
  };
  const filled = graphArtifacts({
    inputs: { x: { shape: [1], dtype: "string" } },
    constants: { keys: ints(1), values: ints(2), off: int(0) },
    initializer: [table, { name: "fill", op: "LookupTableImportV2", input: ["table", "keys", "values"] }],
    nodes: [table, { name: "y", op: "LookupTableFindV2", input: ["table", "x", "off"] }],
    outputs: ["y"],
  });
  await refused(filled, invalid, /a table of string and int32 is filled by int32, int32/);
});

test("batch axes before the first are refused", async () => {
  const gathered = { op: "GatherV2", input: ["x", "places", "axis"], attr: { batch_dims: attr.int(-(2 ** 31)) } };
  const constants = { places: ints(0), axis: int(1) };
  await refused(single(gathered, constants), "CONVERT_INVALID_MODEL", /batch axes do not fit/);
});

test("functions that call themselves end with an error", async () => {
  const args = { i: "int32", n: "int32" } as const;
  const one = { name: "one", op: "Const", attr: { dtype: attr.dtype("int32") } };
  const inner = { ...whileNode("inner", ["i", "n"]), attr: whileNode("while", []).attr };
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" } },
    constants: { zero: int(0), one: int(1) },
    nodes: [whileNode("while", ["zero", "n"])],
    functions: [
      libraryFunction("while_cond", args, [counting.less], ["less:z:0"]),
      libraryFunction("while_body", args, [one, inner], ["inner:output:0", "n"]),
    ],
    outputs: ["while"],
  };
  await refused(graphArtifacts(graph), "CONVERT_INVALID_MODEL", /nested more than 64 deep/);
});

const DEEP = 10_000;

/** A chain of so many nodes, each of which reads the one before it. */
const chain = (op: string, twice = false): TestGraph => ({
  inputs: { x: { shape: [-1, 4], dtype: "float32" } },
  nodes: Array.from({ length: DEEP }, (_, i) => {
    const before = i === 0 ? "x" : `node_${i - 1}`;
    return { name: `node_${i}`, op, input: twice ? [before, before] : [before] };
  }),
  outputs: [`node_${DEEP - 1}`],
});

test("a chain of ten thousand nodes", async () => {
  assert.equal((await convert(graphArtifacts(chain("Sigmoid")))).graph.nodes.length, DEEP);
  assert.equal((await convert(graphArtifacts(chain("AddV2", true)))).graph.nodes.length, DEEP);
});

test("extents that double at every node do not become texts without end", async () => {
  const doublings = 60;
  const nodes: TestNode[] = Array.from({ length: doublings }, (_, i) => {
    const before = i === 0 ? "x" : `node_${i - 1}`;
    return { name: `node_${i}`, op: "ConcatV2", input: [before, before, "axis"], attr: { N: attr.int(2) } };
  });
  nodes.push({ name: "shape", op: "Shape", input: [`node_${doublings - 1}`] });
  for (let i = 0; i < doublings; i++) {
    const before = i === 0 ? "shape" : `sum_${i - 1}`;
    nodes.push({ name: `sum_${i}`, op: i % 2 ? "Mul" : "AddV2", input: [before, before] });
  }
  nodes.push({ name: "filled", op: "Fill", input: [`sum_${doublings - 1}`, "axis"] });
  const inputs = { x: { shape: [-1, -1], dtype: "float32" as const } };
  const outputs = ["filled", `node_${doublings - 1}`];
  const { graph } = await convert(graphArtifacts({ inputs, constants: { axis: int(0) }, nodes, outputs }));
  for (const { shape } of graph.types.values()) for (const dim of shape) assert.ok(String(dim).length < 1000);
});
