import { join, relative } from "node:path";
import { packageRoot } from "../../files/package-root.js";
import { buildSite } from "./page.js";

const args = process.argv.slice(2);
const models = args.flatMap((arg, i) => (arg === "--model" && args[i + 1] ? [args[i + 1]!] : []));
const out = args.includes("--out") ? args[args.indexOf("--out") + 1] : undefined;
const built = await buildSite(out ?? join(packageRoot(), "web-demo", "dist"), models.length > 0 ? { models } : {});
console.log(
  `Written to ${relative(process.cwd(), built.folder)}. The page's own code: ${(built.own / 1024).toFixed(1)} KB gzipped.`,
);
for (const [name, { brotli, other }] of Object.entries(built.download)) {
  const sizes = `${(other / 1e6).toFixed(2)} MB over the wire, ${(brotli / 1e6).toFixed(2)} MB in browsers that unpack Brotli`;
  console.log(`First visit with ${name} on WebAssembly: ${sizes}.`);
}
