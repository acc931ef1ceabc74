import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import sharp from "sharp";
import { mirror } from "./mirror.js";

test("left and right are exchanged as sharp's flop does it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }), async (width, height) => {
      const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
      const raw = { width, height, channels: 3 } as const;
      const flopped = await sharp(pixels, { raw }).flop().raw().toBuffer();
      assert.deepEqual(Buffer.from(mirror(pixels, width)), flopped);
    }),
  );
});
