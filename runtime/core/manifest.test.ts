import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as z from "zod";
import { packageRoot } from "../../files/package-root.js";
import { findModels } from "../node/model-paths.js";
import { MANIFEST_SCHEMA_ID, type Manifest, manifestJsonSchema, parseManifest } from "./index.js";

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

const published = JSON.parse(readFileSync(join(packageRoot(), "models", "model.schema.json"), "utf8"));

test("the published JSON Schema is the manifest's", () => {
  assert.equal(published.$id, MANIFEST_SCHEMA_ID);
  assert.deepEqual(published.required.toSorted(), Object.keys(manifest()).sort());
  assert.deepEqual(published, manifestJsonSchema(), "run `npm run schema` and commit what it writes");
});

test("the published JSON Schema accepts manifests and refuses faulty ones", () => {
  const schema = z.fromJSONSchema(published);
  const { success, error } = schema.safeParse({ $schema: MANIFEST_SCHEMA_ID, ...manifest(), madeBy: "someone" });
  assert.ok(success, error?.message);
  for (const { folder } of findModels()) {
    assert.ok(schema.safeParse(JSON.parse(readFileSync(join(folder, "model.json"), "utf8"))).success, folder);
  }
  const faults: object[] = [{ name: 3 }, { decoding: {} }, { tokenizer: { ...manifest().tokenizer, file: "../x" } }];
  for (const fault of faults) assert.equal(schema.safeParse({ ...manifest(), ...fault }).success, false);
});
