// Writes the JSON Schema of model.json from the one that the code checks it with.
import { writeFileSync } from "node:fs";
import { build } from "./build.mjs";
import { install } from "./install.mjs";

install();
if (build() !== 0) process.exit(1);
const { manifestJsonSchema } = await import("../dist/runtime/core/manifest.js");
const file = new URL("../models/model.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
