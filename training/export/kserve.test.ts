import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as z from "zod";
import { openSession } from "../../runtime/node/graphs.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { exportKserve, serviceName } from "./kserve.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-kserve-"));
after(() => rm(folder, { recursive: true }));

const Quantity = z.string().regex(/^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE])?$/);
const Resources = z.record(z.string(), Quantity);

/**
 * What KServe's published resource definition (config/crd/full/serving.kserve.io_inferenceservices.yaml, v1beta1, of
 * August 2026) says of the fields that are written here; it knows no others of these names.
 */
const InferenceService = z.strictObject({
  apiVersion: z.literal("serving.kserve.io/v1beta1"),
  kind: z.literal("InferenceService"),
  metadata: z.strictObject({ name: z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/) }),
  spec: z.strictObject({
    predictor: z.strictObject({
      model: z.strictObject({
        modelFormat: z.strictObject({ name: z.string(), version: z.string().optional() }),
        protocolVersion: z.string(),
        runtime: z.string(),
        storageUri: z.string(),
        resources: z.strictObject({ requests: Resources, limits: Resources }),
      }),
    }),
  }),
});

/** Of its config/runtimes/kserve-tritonserver.yaml: what the runtime takes without being asked twice. */
const TRITON = { name: "kserve-tritonserver", protocolVersions: ["v2", "grpc-v2"], formats: ["onnx 1", "triton 2"] };

/** Mappings of plain and quoted text, as they are written here. */
function fromYaml(text: string): unknown {
  const root: Record<string, unknown> = {};
  const open = [{ indent: -1, mapping: root }];
  for (const line of text.split("\n").filter(Boolean)) {
    const [, spaces, key, value] = /^( *)([A-Za-z]+):(?: (.+))?$/.exec(line) as unknown as [
      string,
      string,
      string,
      string?,
    ];
    while (open.at(-1)!.indent >= spaces.length) open.pop();
    const { mapping } = open.at(-1)!;
    if (value !== undefined) mapping[key] = value.startsWith('"') ? JSON.parse(value) : value;
    else {
      const inner = {};
      mapping[key] = inner;
      open.push({ indent: spaces.length, mapping: inner });
    }
  }
  return root;
}

test("a folder for KServe: Triton's repository, and a service that fits KServe's schema and its Triton runtime", async () => {
  const [model, target] = [join(folder, "model"), join(folder, "served")];
  await writeTinyModel(model, { name: "Tiny model.2" });
  const written = await exportKserve(model, target, { storageUri: "pvc://models/tiny: one" });
  assert.deepEqual(written, { model: "Tiny-model.2", service: "tiny-model-2" });
  const files = (await readdir(target, { recursive: true })).filter(
    (file) => /\.\w+$/.test(file) && !file.endsWith(".2"),
  );
  assert.deepEqual(files.sort(), [
    ...["1/model.onnx", "config.pbtxt", "tokenizer.json"].map((file) => `Tiny-model.2/${file}`),
    "inference-service.yaml",
  ]);
  const yaml = await readFile(join(target, "inference-service.yaml"), "utf8");
  const service = InferenceService.parse(fromYaml(yaml));
  assert.equal(service.metadata.name, "tiny-model-2");
  const { modelFormat, protocolVersion, runtime, storageUri } = service.spec.predictor.model;
  assert.equal(storageUri, "pvc://models/tiny: one");
  assert.equal(runtime, TRITON.name);
  assert.ok(TRITON.protocolVersions.includes(protocolVersion));
  assert.ok(TRITON.formats.includes(`${modelFormat.name} ${modelFormat.version}`));
  const session = await openSession(join(target, "Tiny-model.2", "1", "model.onnx"));
  assert.deepEqual([session.inputNames, session.outputNames], [["image"], ["tokens", "scores", "attention"]]);
  await session.release();
  await assert.rejects(exportKserve(model, target), { code: "FILE_EXISTS" });
  await assert.rejects(exportKserve(model, join(folder, "other"), { precision: "int8" }), { code: "USAGE" });
});

test("names of services are labels of Kubernetes", () => {
  const names = ["flickr8k-efficientnet-lite0", "8 dogs", "Über_cat--3.", `${"a".repeat(39)}-b`].map(serviceName);
  assert.deepEqual(names, ["flickr8k-efficientnet-lite0", "model-8-dogs", "model-ber-cat-3", "a".repeat(39)]);
});
