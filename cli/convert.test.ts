import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { readOnnx } from "../converter/index.js";
import { showtell } from "../test/command.js";
import { stirWeights } from "../test/conversion.js";
import { saveModel } from "../test/save-model.js";

let folder: string;
let model: string;
const path = (name: string) => join(folder, name);

before(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-convert-"));
  const image = tf.input({ shape: [null, null, 3], name: "image" });
  const conv = tf.layers.conv2d({ name: "conv", filters: 4, kernelSize: 3, activation: "relu" }).apply(image);
  const mean = tf.layers.globalAveragePooling2d({ name: "mean" } as never).apply(conv);
  const out = tf.layers.dense({ name: "classes", units: 3 }).apply(mean) as tf.SymbolicTensor;
  const network = tf.model({ inputs: image, outputs: out });
  stirWeights(network);
  model = await saveModel(network, path("model"), { shardBytes: 100, quantise: true });
});
after(() => rm(folder, { recursive: true }));

const convert = (...args: string[]) => showtell(["convert", ...args]);

test("converts, compares, and says what came out; the flags are heard", async () => {
  const flags = "--opset 18 --fix image=1,8,?,3 --layout nchw --outputs classes=logits,conv=map --inputs image=pixels";
  const { code, stdout, stderr } = await convert(model, path("a.onnx"), "--verify", ...flags.split(" "));
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^layers-model of 4 layers: \d+ nodes .*, \d+ parameters, 0\.0 MB, opset 18/);
  assert.match(stdout, /^input +pixels +float32 +\[1, 3, 8, W\]$/m);
  assert.match(stdout, /^output +logits +float32 +\[1, 3\]\noutput +map +float32 +\[1, 6, W - 2, 4\]$/m);
  assert.match(stdout, /^logits +\[1, 3\] +float32 .* ok\nmap +\[1, 6, 126, 4\] +float32 .* ok$/m);
  assert.match(stdout, /^One run: [\d.]+ ms in TensorFlow\.js \(cpu\), [\d.]+ ms in onnxruntime$/m);
  assert.match(stderr, /Comparing with TensorFlow\.js/);
  const graph = readOnnx(await readFile(path("a.onnx")));
  assert.deepEqual([graph.opset, graph.inputs[0]!.name], [18, "pixels"]);
});

test("--json prints one document; inputs from a file, weights beside the graph", async () => {
  const pixels = Array.from({ length: 5 }, () => Array.from({ length: 4 }, (_, i) => [i, -i, 0.5]));
  await writeFile(path("pixels.json"), JSON.stringify([pixels, pixels]));
  const args = ["--verify", "--json", "--external-data", "--input", `image=${path("pixels.json")}`];
  const { code, stdout, stderr } = await convert(path("model"), path("b.onnx"), ...args);
  assert.equal(code, 0, stderr);
  const document = JSON.parse(stdout);
  assert.deepEqual(
    document.files.map((file: { path: string }) => file.path),
    [path("b.onnx"), path("b.onnx.data")],
  );
  assert.deepEqual(document.verification.inputs, [{ name: "image", shape: [2, 5, 4, 3], dtype: "float32" }]);
  assert.deepEqual(document.verification.outputs[0].shape, [2, 3]);
  assert.deepEqual([document.report.kind, document.verification.ok], ["layers-model", true]);
});

test("over the tolerance: exit 1, the first node that differs, and nothing is written", async () => {
  const wrong = path("wrong.mjs");
  const index = new URL("../converter/index.js", import.meta.url).href;
  await writeFile(
    wrong,
    `import { layerClasses, registerLayer } from ${JSON.stringify(index)};
if (layerClasses().includes("GlobalAveragePooling2D")) {
  registerLayer("GlobalAveragePooling2D", ({ b, x }) => b.add("ReduceMax", [x], { axes: [1, 2], keepdims: 0 }));
}
`,
  );
  const { code, stdout, stderr } = await convert(model, path("c.onnx"), "--verify", "--import", wrong);
  assert.equal(code, 1, stdout);
  assert.match(stdout, /^classes .* FAILED$/m);
  assert.match(stderr, /PARITY_FAILED: .*classes \(.* of its peak\).*"mean\/ReduceMax" \(ReduceMax\), made of "mean"/s);
  const json = await convert(model, path("c.onnx"), "--verify", "--import", wrong, "--json");
  const document = JSON.parse(json.stdout);
  assert.deepEqual([json.code, document.files, document.verification.first.source], [1, [], "mean"]);
  const loose = await convert(model, path("d.onnx"), "--verify", "--import", wrong, "--tolerance", "1000");
  assert.equal(loose.code, 0, loose.stderr);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => /c\.onnx|\.tmp$/.test(name)),
    [],
  );
});

test("a file in the way stays, unless --force is given", async () => {
  await writeFile(path("there.onnx"), "mine");
  const refused = await convert(model, path("there.onnx"));
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /FILE_EXISTS.*there\.onnx.*--force/s);
  assert.equal(await readFile(path("there.onnx"), "utf8"), "mine");
  const forced = await convert(model, path("there.onnx"), "--force");
  assert.equal(forced.code, 0, forced.stderr);
  readOnnx(await readFile(path("there.onnx")));
});

test("what is used wrongly is refused with its code", async () => {
  const cases: [args: string[], pattern: RegExp, code: number][] = [
    [[path("none.json"), path("x.onnx")], /FILE_NOT_FOUND.*none\.json/s, 2],
    [[path("pixels.json"), path("x.onnx")], /CONVERT_INVALID_MODEL.*pixels\.json/s, 1],
    [[model, path("x.onnx"), "--opset", "12"], /USAGE.*17 to 21/s, 2],
    [[model, path("x.onnx"), "--opset", "new"], /--opset.*number/s, 2],
    [[model, path("x.onnx"), "--precision", "int8"], /USAGE.*int8.*fp32, fp16/s, 2],
    [[model, path("x.onnx"), "--layout", "nhwc"], /USAGE.*nhwc/s, 2],
    [[model, path("x.onnx"), "--fix", "image"], /USAGE.*image=1,224,224,3/s, 2],
    [[model, path("x.onnx"), "--fix", "image=1,2,!,3"], /USAGE.*"!" is no extent/s, 2],
    [[model, path("x.onnx"), "--fix", "picture=1,2,2,3"], /USAGE.*no input "picture".*image/s, 2],
    [[model, path("x.onnx"), "--outputs", "nothing"], /USAGE.*no output "nothing".*classes/s, 2],
    [[model, path("x.onnx"), "--outputs", "a,,b"], /USAGE.*a,b=c/s, 2],
    [[model, path("x.onnx"), "--import", path("no.mjs")], /USAGE.*no\.mjs/s, 2],
    [[model, path("x.onnx"), "--verify", "--engine", "abacus"], /USAGE.*abacus/s, 2],
    [[model, path("x.onnx"), "--verify", "--input", "image=none.npy"], /FILE_NOT_FOUND.*none\.npy/s, 2],
  ];
  for (const [args, pattern, code] of cases) {
    const result = await convert(...args);
    assert.equal(result.code, code, `${args.join(" ")}: ${result.stderr}`);
    assert.match(result.stderr, pattern);
    assert.equal(result.stdout, "");
  }
  assert.deepEqual(
    (await readdir(folder)).filter((name) => /x\.onnx/.test(name)),
    [],
  );
});
