// Writes docs/operators.md from the converter's registries. Usage: node scripts/operators.mjs
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { install } from "./install.mjs";

install();
if (build() !== 0) process.exit(1);
await import("../dist/converter/index.js");
const { operatorsPage } = await import("../dist/converter/operators/table.js");
writeFileSync(fileURLToPath(new URL("../docs/operators.md", import.meta.url)), operatorsPage());
