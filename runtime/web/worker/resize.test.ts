import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { packageRoot } from "../../../files/package-root.js";
import { decodeImage } from "../../node/index.js";
import { resizeToRgb } from "./resize.js";

const photo = sharp(join(packageRoot(), "samples", "boats.jpg"));

/** Mean and largest difference from Node's own pixels, in grey levels. */
async function difference(file: Buffer, width: number, height: number): Promise<{ mean: number; most: number }> {
  const expected = await decodeImage(file, { width, height, resize: "stretch" });
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const found = resizeToRgb({ data, width: info.width, height: info.height }, width, height);
  const off = found.map((value, i) => Math.abs(value - expected[i]!));
  return { mean: off.reduce((a, b) => a + b, 0) / off.length, most: off.reduce((a, b) => Math.max(a, b), 0) };
}

for (const [width, height] of [
  [640, 512],
  [448, 900],
  [1790, 1340],
  [3000, 2000],
]) {
  for (const format of ["png", "jpeg"] as const) {
    test(`a ${format} of ${width} x ${height} pixels: as sharp scales it, to 2 grey levels in the mean`, async () => {
      const file = await photo.clone().resize(width, height, { fit: "fill" }).toFormat(format).toBuffer();
      for (const size of [224, 260]) {
        const { mean, most } = await difference(file, size, size);
        assert.ok(mean < 2, `${size}: mean ${mean}, at most ${most}`);
        if (Math.max(width!, height!) < 4 * size) assert.ok(mean < 0.02, `${size}: mean ${mean}, at most ${most}`);
      }
    });
  }
}

test("smaller pictures are enlarged as sharp enlarges them, to 2 grey levels in the mean", async () => {
  const file = await photo.clone().resize(120, 90, { fit: "fill" }).png().toBuffer();
  const { mean } = await difference(file, 224, 224);
  assert.ok(mean < 2, `mean ${mean}`);
});
