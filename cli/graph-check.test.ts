import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
} from "onnx-buf";
import { sha256 } from "../files/hash.js";
import type { GraphRole, Manifest } from "../runtime/core/index.js";
import { verifyModel } from "../runtime/node/index.js";
import { addCaptioner } from "../test/tiny-captioner.js";
import { writeTinyModel } from "../test/tiny-model.js";
import { graphCheck } from "./graph-check.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-damaged-"));
const sound = join(folder, "sound");
before(async () => {
  await addCaptioner(sound, await writeTinyModel(sound, { channels: 48, hidden: 40 }));
});
after(() => rm(folder, { recursive: true }));

/** A graph's file changed under true sizes and hashes, so that nothing but a look into it can tell. */
async function damaged(role: GraphRole, damage: (model: ModelProto, manifest: Manifest) => void) {
  const copy = join(folder, "damaged");
  await rm(copy, { recursive: true, force: true });
  await cp(sound, copy, { recursive: true });
  const manifest = JSON.parse(await readFile(join(copy, "model.json"), "utf8")) as Manifest;
  const graph = manifest.graphs[role]!.fp32!;
  const model = fromBinary(ModelProtoSchema, await readFile(join(copy, graph.file)));
  damage(model, manifest);
  const bytes = toBinary(ModelProtoSchema, model);
  await writeFile(join(copy, graph.file), bytes);
  const stored = { bytes: bytes.length, sha256: sha256(bytes) };
  Object.assign(graph, stored);
  for (const file of manifest.graphs.captioner!.fp32!.externalData!)
    if (file.file === graph.file) Object.assign(file, stored);
  await writeFile(join(copy, "model.json"), JSON.stringify(manifest));
  const { checks } = await verifyModel(copy, { checkGraph: graphCheck });
  return checks.find(({ check }) => check === `${role} fp32`)!;
}

const graphOf = ({ graph }: ModelProto): GraphProto => graph!;
const nodeOf = (graph: GraphProto, op: string): NodeProto => graph.node.find(({ opType }) => opType === op)!;
const bodyOf = (model: ModelProto): GraphProto => nodeOf(graphOf(model), "Loop").attribute.find(({ g }) => g)!.g!;
const external = (model: ModelProto) => graphOf(model).initializer.find(({ externalData }) => externalData.length > 0)!;
const entry = (model: ModelProto, key: string) => external(model).externalData.find((pair) => pair.key === key)!;
const large = (model: ModelProto) => graphOf(model).initializer.find(({ dims }) => dims.length === 2)!;

test("sound graphs pass, most of their shapes inferred", async () => {
  const { checks, ok } = await verifyModel(sound, { checkGraph: graphCheck });
  assert.ok(ok, JSON.stringify(checks));
  for (const role of ["encoder", "decoder", "captioner"]) {
    const [, inferred, outputs] = / (\d+) of (\d+) shapes inferred$/.exec(
      checks.find(({ check }) => check === `${role} fp32`)!.message,
    )!;
    assert.ok(Number(inferred) >= 0.8 * Number(outputs) && Number(outputs) > 5, `${role}: ${inferred} of ${outputs}`);
  }
});

type Damage = [what: string, role: GraphRole, fault: RegExp, damage: (model: ModelProto, manifest: Manifest) => void];

const DAMAGES: Damage[] = [
  [
    "a format too old for its operators",
    "encoder",
    /opset 17 needs version 8 of the format; it is 7/,
    (model) => {
      model.irVersion = 7n;
    },
  ],
  [
    "a format from the future",
    "encoder",
    /the format's version is 99/,
    (model) => {
      model.irVersion = 99n;
    },
  ],
  [
    "no operator set",
    "encoder",
    /it names no operator set/,
    (model) => {
      model.opsetImport = [];
    },
  ],
  [
    "an operator set from the future",
    "encoder",
    /opset 77 is not one of/,
    (model) => {
      model.opsetImport[0]!.version = 77n;
    },
  ],
  [
    "another operator set than the manifest's",
    "encoder",
    /its opset is 18, model\.json says 17/,
    (model) => {
      model.opsetImport[0]!.version = 18n;
    },
  ],
  [
    "an operator set that is named twice",
    "encoder",
    /the operator set "" is named twice/,
    (model) => {
      model.opsetImport.push(model.opsetImport[0]!);
    },
  ],
  [
    "nodes in another order",
    "encoder",
    /reads ".+", which is written after it/,
    (model) => {
      graphOf(model).node.reverse();
    },
  ],
  [
    "a node that reads what nothing writes",
    "decoder",
    /reads "nowhere", which nothing writes/,
    (model) => {
      nodeOf(graphOf(model), "MatMul").input[0] = "nowhere";
    },
  ],
  [
    "an output that nothing makes",
    "decoder",
    /output "elsewhere" of the graph ".*" is not made/,
    (model, manifest) => {
      graphOf(model).output[0]!.name = "elsewhere";
      manifest.graphs.decoder.fp32!.outputs[0]!.name = "logits";
    },
  ],
  [
    "a tensor that is written twice",
    "decoder",
    /is written twice, the second time by node/,
    (model) => {
      const graph = graphOf(model);
      graph.node.at(-1)!.output[0] = graph.node[0]!.output[0]!;
    },
  ],
  [
    "two nodes of one name",
    "decoder",
    /two nodes are called "/,
    (model) => {
      const graph = graphOf(model);
      graph.node[1]!.name = graph.node[0]!.name;
    },
  ],
  [
    "a constant that is cut off",
    "decoder",
    /constant ".+" of shape \[\d+, \d+\] wants \d+ bytes of data; it has 8/,
    (model) => {
      large(model).rawData = large(model).rawData.slice(0, 8);
    },
  ],
  [
    "a constant of an impossible shape",
    "decoder",
    /has the impossible shape \[-1, /,
    (model) => {
      large(model).dims[0] = -1n;
    },
  ],
  [
    "a constant of an unknown type",
    "decoder",
    /has the unknown element type 99/,
    (model) => {
      large(model).dataType = 99;
    },
  ],
  [
    "a constant that holds its data twice",
    "decoder",
    /holds its data twice/,
    (model) => {
      large(model).floatData = [1];
    },
  ],
  [
    "weights from outside of the folder",
    "captioner",
    /read from "\.\.\/secrets", which is not a file of the folder/,
    (model) => {
      entry(model, "location").value = "../secrets";
    },
  ],
  [
    "weights from a path of the machine",
    "captioner",
    /read from "\/etc\/passwd", which is not a file of the folder/,
    (model) => {
      entry(model, "location").value = "/etc/passwd";
    },
  ],
  [
    "weights from a file without a hash",
    "captioner",
    /"tokenizer\.json", which the manifest does not list/,
    (model) => {
      entry(model, "location").value = "tokenizer.json";
    },
  ],
  [
    "weights from beyond a file's end",
    "captioner",
    /ends at byte \d+ of .+, which has \d+/,
    (model) => {
      entry(model, "offset").value = "99999999";
    },
  ],
  [
    "weights from an offset that is none",
    "captioner",
    /is read from offset "-4"/,
    (model) => {
      entry(model, "offset").value = "-4";
    },
  ],
  [
    "too few of a file's bytes",
    "captioner",
    /wants \d+ bytes; 12 of .+ are named/,
    (model) => {
      entry(model, "length").value = "12";
    },
  ],
  [
    "an operator that there is not",
    "decoder",
    /node ".+" \(Tanhh\) is no operator of opset 17/,
    (model) => {
      nodeOf(graphOf(model), "Tanh").opType = "Tanhh";
    },
  ],
  [
    "an operator of a set that is not named",
    "decoder",
    /of the operator set "com\.example", which the file does not name/,
    (model) => {
      nodeOf(graphOf(model), "Tanh").domain = "com.example";
    },
  ],
  [
    "an input too few",
    "decoder",
    /\(MatMul\) has 1 inputs; its operator wants 2/,
    (model) => {
      nodeOf(graphOf(model), "MatMul").input.pop();
    },
  ],
  [
    "an output too many",
    "decoder",
    /\(MatMul\) has 2 outputs; its operator wants 1/,
    (model) => {
      nodeOf(graphOf(model), "MatMul").output.push("more");
    },
  ],
  [
    "an attribute that is not known",
    "decoder",
    /has an attribute sideways, which its operator does not know/,
    (model) => {
      const node = graphOf(model).node.find(({ attribute }) => attribute.length > 0)!;
      node.attribute[0]!.name = "sideways";
    },
  ],
  [
    "an attribute of another kind",
    "decoder",
    /the attribute axis of node ".+" \(Softmax\) is a string; its operator wants an integer/,
    (model) => {
      const axis = nodeOf(graphOf(model), "Softmax").attribute.find(({ name }) => name === "axis")!;
      axis.type = AttributeType.STRING;
    },
  ],
  [
    "an attribute that is given twice",
    "decoder",
    /has two attributes axis/,
    (model) => {
      const { attribute } = nodeOf(graphOf(model), "Softmax");
      attribute.push(attribute[0]!);
    },
  ],
  [
    "an attribute that is missing",
    "decoder",
    /\(Concat\) lacks the attribute axis/,
    (model) => {
      nodeOf(graphOf(model), "Concat").attribute = [];
    },
  ],
  [
    "a loop whose body takes too little",
    "captioner",
    /body of node ".+" \(Loop\) has 12 inputs and 12 outputs; 13 and 12 are wanted/,
    (model) => {
      bodyOf(model).input.pop();
    },
  ],
  [
    "a body that reads what nothing writes",
    "captioner",
    /reads "nowhere", which nothing writes/,
    (model) => {
      nodeOf(bodyOf(model), "TopK").input[0] = "nowhere";
    },
  ],
  [
    "a body that writes what the graph around it wrote",
    "captioner",
    /"image" of node ".+" \(NonZero\) is written outside of the body/,
    (model) => {
      nodeOf(bodyOf(model), "NonZero").output[0] = "image";
    },
  ],
  [
    "an inner shape that is none of its node",
    "captioner",
    /is said to be float32 \[.*7777.*\]; node ".+" \(.+\) makes it float32/,
    (model) => {
      const value = graphOf(model).valueInfo.find(({ type }) => {
        const { value: tensor } = type!.value as { value: { elemType: number; shape?: { dim: unknown[] } } };
        return tensor.elemType === 1 && (tensor.shape?.dim.length ?? 0) > 1;
      })!;
      const { shape } = value.type!.value.value as { shape: { dim: { value: { case: string; value: bigint } }[] } };
      shape.dim.at(-1)!.value = { case: "dimValue", value: 7777n };
    },
  ],
  [
    "weights that do not meet what they multiply",
    "decoder",
    /MatMul ".*" on .*: \d+ columns meet \d+ rows/,
    (model) => {
      const graph = graphOf(model);
      const square = graph.initializer.find(({ name, dims }) => {
        const reader = graph.node.find(({ input }) => input[1] === name);
        return reader?.opType === "MatMul" && dims.length === 2 && dims[0] !== dims[1];
      })!;
      square.dims.reverse();
    },
  ],
];

for (const [what, role, fault, damage] of DAMAGES) {
  test(`damaged: ${what}`, async () => {
    const { ok, message } = await damaged(role, damage);
    assert.equal(ok, false, message);
    assert.match(message, fault);
  });
}

test("bytes that are no graph", async () => {
  const model = graphCheck(Uint8Array.of(1, 2, 3), { opset: 17 } as never, () => undefined);
  assert.deepEqual(model.faults, ["the bytes are no ONNX file"]);
});
