import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { addCaptioner } from "../../test/tiny-captioner.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { loadCaptioner } from "./index.js";
import { trialImages } from "./trial-images.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-sources-"));
after(() => rm(folder, { recursive: true, force: true }));

for (const isolation of ["thread", "process"] as const) {
  test(`a captioner in memory finds its weights in the other graphs' bytes: in a ${isolation}`, async () => {
    const model = join(folder, isolation);
    const manifest = await addCaptioner(model, await writeTinyModel(model, { channels: 48, hidden: 40 }));
    const captioner = await loadCaptioner(model, { workers: 1, inMemory: true, isolation });
    await rm(model, { recursive: true });
    const { data, dims } = trialImages(manifest.preprocessing);
    const whole = (value: number) => ({ dtype: "int64" as const, dims: [], data: BigInt64Array.of(BigInt(value)) });
    const { beam, maxLength } = manifest.decoding;
    const outputs = await captioner.runGraph("captioner", {
      image: { dtype: "uint8", dims, data },
      max_length: whole(maxLength),
      beam: whole(beam),
    });
    const size = data.length / 2;
    const captions = await captioner.captionPixels([data.subarray(0, size), data.subarray(size)]);
    const [, longest] = outputs.tokens!.dims as [number, number];
    for (const [n, { tokens }] of captions.entries()) {
      const row = Array.from((outputs.tokens!.data as BigInt64Array).subarray(n * longest), Number);
      assert.deepEqual(row.slice(0, tokens.length), tokens);
    }
    await captioner.close();
  });
}
