import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../files/package-root.js";
import { VERSION } from "./version.js";

test("ONNX files carry the version of the package", () => {
  assert.equal(VERSION, JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version);
});
