import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
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

test("int8 is calibrated on images or arrays, and its distance from float32 is shown", async () => {
  const folder = path("pictures");
  await mkdir(folder);
  for (const [i, colour] of ["#d22", "#2a2", "#22d"].entries()) {
    const picture = { width: 20, height: 30, channels: 3 as const, background: colour };
    await sharp({ create: picture })
      .png()
      .toFile(join(folder, `${i}.png`));
  }
  const fixed = ["--fix", "image=?,8,8,3", "--precision", "int8"];
  const { code, stdout, stderr } = await convert(model, path("i.onnx"), ...fixed, "--calibration", folder, "--verify");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Calibrating on 3 of 3 images, pixels as 0 to 1 …/);
  assert.match(stdout, /^classes +[\d.e-]+ +[\d.e-]+ +(1\.0+|0\.99\d+)$/m);
  assert.match(stdout, /^3 nodes run on bytes; compared on 3 samples; .* in float32, .* in int8$/m);
  assert.match(stdout, /^classes +\[1, 3\] +float32 .* ok$/m);
  const graph = readOnnx(await readFile(path("i.onnx")));
  assert.ok([...graph.initializers.values()].some(({ dtype }) => dtype === "int8"));

  // The range is heard: the bytes of the input hold black and white.
  const scale = async (...more: string[]) => {
    const args = [
      ...fixed,
      "--calibration",
      folder,
      "--layout",
      "nchw",
      "--force",
      "--external-data",
      "--json",
      ...more,
    ];
    const result = await convert(model, path("j.onnx"), ...args);
    assert.equal(result.code, 0, result.stderr);
    const { report } = JSON.parse(result.stdout);
    assert.deepEqual([report.precision, report.quantization.samples], ["int8", 3]);
    return report.quantization.outputs[0].maxAbsolute as number;
  };
  assert.ok((await scale("--calibration-range=-1000,1000")) > 50 * (await scale("--calibration-range", "0,1")));

  assert.ok((await scale("--vnni")) !== (await scale()), "finer weights round otherwise");

  // Arrays: a sample for each index of the batch; .npz by name.
  const rows = Array.from({ length: 4 }, (_, n) => Array.from({ length: 8 }, () => Array(8).fill([n / 4, -n, 0.5])));
  await writeFile(path("rows.json"), JSON.stringify(rows));
  const listed = await convert(model, path("k.onnx"), ...fixed, "--calibration", `image=${path("rows.json")}`);
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stderr, /Calibrating on 4 of 4 samples/);
});

test("int8 without what it needs, or on what does not fit, is refused", async () => {
  await writeFile(path("one.json"), JSON.stringify([Array.from({ length: 8 }, () => Array(8).fill([0, 1, 2]))]));
  await writeFile(path("flat.json"), JSON.stringify([1, 2, 3]));
  await writeFile(path("text.png"), "no picture");
  await writeFile(path("broken.npz"), "PK");
  await mkdir(path("nothing"));
  const int8 = ["--precision", "int8"];
  const sized = [...int8, "--fix", "image=?,8,8,3", "--calibration"];
  const cases: [args: string[], pattern: RegExp, code: number][] = [
    [int8, /USAGE.*--calibration/s, 2],
    [["--calibration", path("pixels.json")], /USAGE.*--precision int8 alone/s, 2],
    [[...int8, "--calibration", path("pictures")], /USAGE.*size of pictures is free.*--fix image=1,224,224,3/s, 2],
    [[...sized, path("none.npy")], /FILE_NOT_FOUND.*none\.npy/s, 2],
    [[...sized, path("nothing")], /FILE_NOT_FOUND.*no image in the folder/s, 2],
    [[...sized, path("text.png")], /IMAGE_UNREADABLE.*text\.png/s, 1],
    [[...sized, path("flat.json")], /USAGE.*"image" is float32 \[N, 8, 8, 3\]; \[3\] is given/s, 2],
    [[...sized, path("broken.npz")], /USAGE.*broken\.npz is no \.npz of tensors/s, 2],
    [[...sized, path("pictures"), path("one.json")], /USAGE.*both are given/s, 2],
    [[...sized, path("pictures"), "--calibration-range", "1"], /USAGE.*-1,1/s, 2],
  ];
  for (const [args, pattern, code] of cases) {
    const result = await convert(model, path("x.onnx"), ...args);
    assert.equal(result.code, code, `${args.join(" ")}: ${result.stderr}`);
    assert.match(result.stderr, pattern);
    assert.equal(result.stdout, "");
  }
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
    [[model, path("x.onnx"), "--precision", "int4"], /USAGE.*int4.*fp32, fp16, int8/s, 2],
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
