import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { ShowtellError } from "../../errors/index.js";
import { packageRoot } from "../../files/package-root.js";
import { openWeights } from "./open.js";
import type { Weight } from "./types.js";

const golden = (name: string) => join(packageRoot(), "training", "weights", "golden", name);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-pytorch-"));
});
after(() => rm(folder, { recursive: true }));

const invalid = (pattern: RegExp) => (error: unknown) =>
  error instanceof ShowtellError && error.code === "WEIGHTS_INVALID" && pattern.test(error.message);

for (const name of ["state-dict.pth", "state-dict-legacy.pth", "checkpoint.pth"]) {
  test(`${name}: what PyTorch saved, of any type and strides`, async () => {
    const expected: Record<string, Weight> = JSON.parse(await readFile(golden("state-dict.json"), "utf8"));
    const file = await openWeights(golden(name));
    assert.deepEqual(
      file.names,
      [...Object.keys(expected), "count"].sort((a, b) => order(a) - order(b)),
    );
    for (const [weight, { shape, data }] of Object.entries(expected)) {
      const read = file.read(weight);
      assert.deepEqual(read.shape, shape, weight);
      assert.deepEqual(read.data, Float32Array.from(data), weight);
    }
    assert.throws(() => file.read("count"), invalid(/count: its type is Long/));
    assert.throws(() => file.read("nothing"), invalid(/no weight nothing/));
  });
}

const NAMES = "conv.weight conv.bias half bfloat double slice transposed scalar empty count parameter".split(" ");
const order = (name: string) => NAMES.indexOf(name);

test("what is more than tensors and plain data is refused, and nothing of it is run", async () => {
  await assert.rejects(openWeights(golden("hostile.pth")), invalid(/refers to posix\.system/));
  await assert.rejects(openWeights(golden("module.pth")), invalid(/torch\.nn\.modules\.linear\.Linear.*state_dict/));
});

test("damaged files: one clear error each, whatever is cut off or altered", async () => {
  for (const name of ["state-dict.pth", "state-dict-legacy.pth"]) {
    const whole = await readFile(golden(name));
    const path = join(folder, name);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length - 1),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.boolean(),
        async (length, changes, cut) => {
          const damaged = Buffer.from(cut ? whole.subarray(0, length) : whole);
          for (const [at, byte] of changes) if (at < damaged.length) damaged[at] = byte;
          await writeFile(path, damaged);
          try {
            const file = await openWeights(path);
            for (const weight of file.names) file.read(weight);
          } catch (error) {
            assert.ok(error instanceof ShowtellError && error.code === "WEIGHTS_INVALID", String(error));
          }
        },
      ),
      { numRuns: 400 },
    );
  }
});
