// One worker without a server: sharp and onnxruntime in a loop. Arguments: MODEL SECONDS IMAGES. Prints {"count", "latencies"}.
import { join } from "node:path";
import { decode } from "../../runtime/core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "../../runtime/node/graphs.js";
import { decodeImage, loadModel, resolveModel } from "../../runtime/node/index.js";
import { choosePrecision } from "../../runtime/node/model.js";
import { smallJpegs } from "./images.js";

const [model, seconds = "5", count = "64"] = process.argv.slice(2);
const loaded = await loadModel(resolveModel(model || undefined));
const { folder, manifest } = loaded;
const precision = choosePrecision(loaded);
const open = (role: "encoder" | "decoder") =>
  openSession(join(folder, manifest.graphs[role][precision]?.file ?? ""), { threads: 1 });
const [encode, step] = [onnxEncoder(await open("encoder")), onnxDecoderStep(await open("decoder"))];
const images = await smallJpegs(Number(count));
const { height, width } = manifest.preprocessing;
const read = (i: number) => decodeImage(images[i % images.length] ?? "", manifest.preprocessing);
const caption = async (data: Uint8Array) =>
  decode(await encode({ data, dims: [1, height, width, 3] }), step, manifest.tokens, manifest.decoding);

await caption(await read(0));
process.send?.("ready");
await new Promise((resolve) => process.once("message", resolve));
const latencies: number[] = [];
const end = performance.now() + Number(seconds) * 1000;
// The next image is decoded while this one is captioned, as in the server.
let next = read(0);
for (let i = 1; performance.now() < end; i++) {
  const started = performance.now();
  const data = await next;
  next = read(i);
  await caption(data);
  latencies.push(performance.now() - started);
}
// Alone, one after another: what a single request takes at the least.
const alone: number[] = [];
for (let i = 0; i < 20; i++) {
  const started = performance.now();
  await caption(await read(i));
  alone.push(performance.now() - started);
}
process.send?.({ count: latencies.length, alone });
process.disconnect();
