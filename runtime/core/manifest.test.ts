import assert from "node:assert/strict";
import { test } from "node:test";
import { type Manifest, manifestJsonSchema, parseManifest } from "./index.js";

const SHA = "0".repeat(64);
const GRAPH = {
  file: "encoder.onnx",
  bytes: 10,
  sha256: SHA,
  opset: 17,
  inputs: [{ name: "image", dtype: "uint8" as const, shape: ["N", 8, 8, 3] }],
  outputs: [{ name: "features", dtype: "float32" as const, shape: ["N", 4, 2] }],
};

function manifest(): Manifest {
  return {
    formatVersion: 1,
    name: "tiny",
    description: "",
    licence: { model: "CC0-1.0", notices: [] },
    backbone: {
      name: "none",
      layer: "last",
      weightsSha256: SHA,
      featureShape: { locations: 4, channels: 2, grid: [2, 2] },
    },
    preprocessing: { width: 8, height: 8, resize: "stretch" },
    decoding: { beam: 3, maxLength: 20, lengthExponent: 0.7 },
    tokenizer: { file: "tokenizer.json", bytes: 10, sha256: SHA },
    tokens: { pad: 0, start: 1, end: 2, unk: 3 },
    graphs: { encoder: { fp32: GRAPH }, decoder: { fp32: { ...GRAPH, file: "decoder.onnx" } } },
    parity: [],
    evaluation: [],
    training: { dataset: "none" },
  };
}

test("a manifest is read back as it was written, unknown fields included", () => {
  const written = { ...manifest(), madeBy: "someone", training: { dataset: "x", epochs: 3 } };
  assert.deepEqual(parseManifest(JSON.stringify(written)), written);
});

test("each fault of a manifest is named by its place", () => {
  const faults: [RegExp, (m: Manifest) => unknown][] = [
    [/format version 2/, (m) => Object.assign(m, { formatVersion: 2 })],
    [/at name/, (m) => Object.assign(m, { name: 3 })],
    [/graphs\.encoder\.fp32\.sha256/, (m) => Object.assign(m.graphs.encoder.fp32!, { sha256: "abc" })],
    [/graphs\.encoder/, (m) => Object.assign(m.graphs, { encoder: {} })],
    [/plain file name/, (m) => Object.assign(m.tokenizer, { file: "../../etc/passwd" })],
    [/plain file name/, (m) => Object.assign(m.tokenizer, { file: "/etc/passwd" })],
    [/plain file name/, (m) => Object.assign(m.tokenizer, { file: "a\\b" })],
    [/four different ids/, (m) => Object.assign(m.tokens, { unk: 2 })],
    [/as many cells as there are locations/, (m) => Object.assign(m.backbone.featureShape, { locations: 5 })],
    [/preprocessing\.resize/, (m) => Object.assign(m.preprocessing, { resize: "tile" })],
    [/decoding\.beam/, (m) => Object.assign(m.decoding, { beam: 0 })],
  ];
  for (const [message, spoil] of faults) {
    const spoilt = structuredClone(manifest());
    spoil(spoilt);
    assert.throws(() => parseManifest(JSON.stringify(spoilt)), { code: "MODEL_INVALID", message });
  }
  assert.throws(() => parseManifest("{"), { code: "MODEL_INVALID", message: /not JSON/ });
  assert.throws(() => parseManifest("null"), { code: "MODEL_INVALID" });
});

test("the JSON Schema describes every field of the manifest", () => {
  const schema = manifestJsonSchema() as { properties: Record<string, unknown>; required: string[] };
  assert.deepEqual(Object.keys(schema.properties).sort(), Object.keys(manifest()).sort());
  assert.deepEqual(schema.required.toSorted(), Object.keys(manifest()).sort());
});
