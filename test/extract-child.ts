// Extracts the toy backbone's features and stands still once COUNT are done, for a test that kills it there.
// Usage: extract-child CACHE COUNT IMAGE …
import { extractFeatures } from "../training/features/index.js";
import { toyBackbone } from "./toy-backbone.js";

const [cacheDir, count, ...files] = process.argv.slice(2);
const images = files.map((file) => ({ id: file, file }));
const clock = new Int32Array(new SharedArrayBuffer(4));
await extractFeatures(toyBackbone(), images, {
  cacheDir,
  batch: 4,
  commit: 8,
  onProgress(done) {
    process.stdout.write(`${done}\n`);
    if (done >= Number(count)) Atomics.wait(clock, 0, 0, 60_000);
  },
});
