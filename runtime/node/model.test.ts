import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sha256 } from "../../files/hash.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import type { Manifest } from "../core/index.js";
import { loadCaptioner, loadModel, resolveModel } from "./index.js";
import { choosePrecision } from "./model.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-model-"));
after(() => rm(folder, { recursive: true }));
let count = 0;

/** A fresh tiny model, spoilt. */
async function spoilt(spoil: (model: string) => Promise<unknown>): Promise<string> {
  const model = join(folder, `model-${count++}`);
  await writeTinyModel(model);
  await spoil(model);
  return model;
}

function editManifest(edit: (manifest: Manifest) => unknown): (model: string) => Promise<void> {
  return async (model) => {
    const manifest = JSON.parse(await readFile(join(model, "model.json"), "utf8")) as Manifest;
    edit(manifest);
    await writeFile(join(model, "model.json"), JSON.stringify(manifest));
  };
}

const FAULTS: [string, string, RegExp, (model: string) => Promise<unknown>][] = [
  ["no folder", "FILE_NOT_FOUND", /no model folder/, (model) => rm(model, { recursive: true })],
  ["no manifest", "MODEL_INVALID", /no model\.json/, (model) => rm(join(model, "model.json"))],
  [
    "manifest cut off",
    "MODEL_INVALID",
    /not JSON/,
    (model) => writeFile(join(model, "model.json"), '{"formatVersion": 1'),
  ],
  ["manifest of other things", "MODEL_INVALID", /schema/, (model) => writeFile(join(model, "model.json"), '{"a": 1}')],
  ["missing tokenizer", "MODEL_ALTERED", /tokenizer\.json is missing/, (model) => rm(join(model, "tokenizer.json"))],
  [
    "missing encoder",
    "MODEL_ALTERED",
    /encoder\.fp32\.onnx is missing/,
    (model) => rm(join(model, "encoder.fp32.onnx")),
  ],
  [
    "longer decoder",
    "MODEL_ALTERED",
    /decoder\.fp32\.onnx has \d+ bytes/,
    (model) => appendFile(join(model, "decoder.fp32.onnx"), "x"),
  ],
  [
    "one bit of the encoder flipped",
    "MODEL_ALTERED",
    /encoder\.fp32\.onnx has the sha256/,
    async (model) => {
      const bytes = await readFile(join(model, "encoder.fp32.onnx"));
      bytes[bytes.length - 300]! ^= 1;
      await writeFile(join(model, "encoder.fp32.onnx"), bytes);
    },
  ],
  [
    "another word in the tokenizer",
    "MODEL_ALTERED",
    /tokenizer\.json has the sha256/,
    async (model) => {
      const path = join(model, "tokenizer.json");
      await writeFile(path, (await readFile(path, "utf8")).replace('"dog"', '"god"'));
    },
  ],
  [
    "special ids that differ",
    "MODEL_INVALID",
    /<end>|<unk>/,
    editManifest((m) => Object.assign(m.tokens, { end: 3, unk: 2 })),
  ],
  [
    "float image",
    "MODEL_INVALID",
    /encoder fp32 input image has type float32, not uint8/,
    editManifest((m) => Object.assign(m.graphs.encoder.fp32!.inputs[0]!, { dtype: "float32" })),
  ],
  [
    "fixed batch",
    "MODEL_INVALID",
    /decoder fp32 input token has shape \[1\]/,
    editManifest((m) => Object.assign(m.graphs.decoder.fp32!.inputs[0]!, { shape: [1] })),
  ],
  [
    "another image size",
    "MODEL_INVALID",
    /input image has shape \[N,32,32,3\], not \[N,224,224,3\]/,
    editManifest((m) => Object.assign(m.preprocessing, { width: 224, height: 224 })),
  ],
  [
    "no attention",
    "MODEL_INVALID",
    /decoder fp32 output attention is missing/,
    editManifest((m) => m.graphs.decoder.fp32!.outputs.pop()),
  ],
  [
    "a state more",
    "MODEL_INVALID",
    /decoder fp32 input memory is not known/,
    editManifest((m) => m.graphs.decoder.fp32!.inputs.push({ name: "memory", dtype: "float32", shape: ["N", 2] })),
  ],
  [
    "states of two sizes",
    "MODEL_INVALID",
    /decoder fp32 input hidden has shape \[N,11\], not \[N,10\]/,
    editManifest((m) => Object.assign(m.graphs.decoder.fp32!.inputs[1]!, { shape: ["N", 11] })),
  ],
  [
    "a file outside the folder",
    "MODEL_INVALID",
    /plain file name/,
    editManifest((m) => Object.assign(m.graphs.encoder.fp32!, { file: "../model-0/encoder.fp32.onnx" })),
  ],
];

for (const [name, code, message, spoil] of FAULTS) {
  test(`a model folder with ${name} is refused`, async () => {
    await assert.rejects(loadCaptioner(await spoilt(spoil), { threads: 1 }), { code, message });
  });
}

test("a file that is altered together with its hash still has to be a graph", async () => {
  const model = await spoilt(async (model) => {
    await writeFile(join(model, "decoder.fp32.onnx"), "no graph");
    await editManifest((m) => Object.assign(m.graphs.decoder.fp32!, { bytes: 8, sha256: sha256("no graph") }))(model);
  });
  await assert.rejects(loadCaptioner(model), { code: "MODEL_INVALID", message: /cannot open the graph/ });
});

test("the precision is the best there is, or the one asked for", async () => {
  const model = join(folder, "precisions");
  await writeTinyModel(model, { precisions: ["int8", "fp16"] });
  const loaded = await loadModel(model);
  assert.equal(choosePrecision(loaded), "fp16");
  assert.equal(choosePrecision(loaded, "int8"), "int8");
  assert.throws(() => choosePrecision(loaded, "fp32"), { code: "USAGE", message: /no fp32; it has fp16, int8/ });
  loaded.manifest.graphs.decoder = { fp32: loaded.manifest.graphs.decoder.fp16 };
  assert.throws(() => choosePrecision(loaded), { code: "MODEL_INVALID" });
});

test("a model is named by path, by name or not at all", () => {
  assert.equal(resolveModel(folder), folder);
  assert.equal(resolveModel("some/where"), "some/where");
  assert.match(resolveModel(), /models.flickr8k-efficientnet-lite0$/);
});
