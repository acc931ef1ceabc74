import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Group } from "h5wasm";
import h5wasm from "h5wasm/node";
import { ShowtellError } from "../../errors/index.js";
import { openKerasH5 } from "./keras-h5.js";
import { openWeights } from "./open.js";

let folder: string;
before(async () => {
  await h5wasm.ready;
  folder = await mkdtemp(join(tmpdir(), "showtell-h5-"));
});
after(() => rm(folder, { recursive: true }));

const KERNEL = { shape: [1, 1, 2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
const BIAS = { shape: [3], data: Float32Array.of(0.5, -0.5, 0.25) };

function writeFileWith(name: string, fill: (root: Group) => void): string {
  const path = join(folder, name);
  const file = new h5wasm.File(path, "w");
  fill(file);
  file.close();
  return path;
}

/** As Keras writes it: a group a layer, attribute `weight_names`, data sets below the group under those names. */
function writeLayers(root: Group, kernelName: string, biasName: string): void {
  root.create_attribute("layer_names", ["input_1", "conv"]);
  root.create_group("input_1").create_attribute("weight_names", []);
  const layer = root.create_group("conv");
  layer.create_attribute("weight_names", [kernelName, biasName]);
  const parent = kernelName.includes("/") ? layer.create_group("conv") : layer;
  const last = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  parent.create_dataset({ name: last(kernelName), ...KERNEL });
  parent.create_dataset({ name: last(biasName), ...BIAS });
}

const LAYOUTS: Record<string, (root: Group) => void> = {
  "save_weights of Keras 2": (root) => writeLayers(root, "conv/kernel:0", "conv/bias:0"),
  "save_weights of Keras 1": (root) => writeLayers(root, "conv_W_1:0", "conv_b_1:0"),
  "a whole saved model": (root) => {
    root.create_attribute("model_config", JSON.stringify({ class_name: "Model", config: {} }));
    writeLayers(root.create_group("model_weights"), "conv/kernel:0", "conv/bias:0");
  },
  "save_weights of Keras 3": (root) => {
    const vars = root.create_group("layers").create_group("conv").create_group("vars");
    vars.create_dataset({ name: "0", ...KERNEL });
    vars.create_dataset({ name: "1", ...BIAS });
  },
};

for (const [name, fill] of Object.entries(LAYOUTS)) {
  test(`${name} is read under plain names`, async () => {
    const path = writeFileWith(`${name.replaceAll(" ", "-")}.h5`, fill);
    const file = await openWeights(path);
    assert.deepEqual(file.names, ["conv/kernel", "conv/bias"]);
    assert.deepEqual(file.read("conv/kernel"), KERNEL);
    assert.deepEqual(file.read("conv/bias"), BIAS);
    assert.match(file.sha256, /^[0-9a-f]{64}$/);
  });
}

test("a truncated or foreign HDF5 file is WEIGHTS_INVALID", async () => {
  const whole = await readFile(writeFileWith("whole.h5", LAYOUTS["save_weights of Keras 2"]!));
  const cut = join(folder, "cut.h5");
  await writeFile(cut, whole.subarray(0, whole.length / 2));
  const foreign = writeFileWith("foreign.h5", (root) => root.create_dataset({ name: "x", data: Float32Array.of(1) }));
  const torn = writeFileWith("torn.h5", (root) => {
    root.create_attribute("layer_names", ["conv"]);
    root.create_group("conv").create_attribute("weight_names", ["conv/kernel:0"]);
  });
  const readKernel = async (path: string) => (await openKerasH5(path)).read("conv/kernel");
  for (const path of [cut, foreign, torn]) {
    await assert.rejects(readKernel(path), (error) => {
      return error instanceof ShowtellError && error.code === "WEIGHTS_INVALID" && error.message.startsWith(path);
    });
  }
});
