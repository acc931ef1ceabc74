import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";

// What any conversion does at least: copy-child.js FOLDER OUT reads every file, hashes its bytes and writes them to disk.
const [folder, out] = process.argv.slice(2) as [string, string];
const file = await open(out, "w");
for (const name of readdirSync(folder)) {
  const bytes = await readFile(join(folder, name));
  createHash("sha256").update(bytes).digest("hex");
  await file.writeFile(bytes);
}
await file.sync();
await file.close();
