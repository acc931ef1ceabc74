// Assembles the optimiser's SIMD kernel (kernel.wat) into the bytes that the code loads.
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const folder = new URL("../training/learn/adam/", import.meta.url);
const { parseWat } = await wabt();
const module = parseWat("kernel.wat", readFileSync(new URL("kernel.wat", folder), "utf8"), { simd: true });
module.validate();
const { buffer } = module.toBinary({});
const text = Buffer.from(buffer).toString("base64");
const lines = text.match(/.{1,100}/g).map((part) => `  "${part}",`);
writeFileSync(
  new URL("kernel-bytes.ts", folder),
  `/** kernel.wat, assembled by \`node scripts/kernel.mjs\`. */\nexport const KERNEL_BASE64 = [\n${lines.join("\n")}\n].join("");\n`,
);
