import assert from "node:assert/strict";
import { test } from "node:test";
import { runNames } from "./run-record.js";

test("runs of the same name are told apart by the folders above them", () => {
  assert.deepEqual(runNames(["/a/runs/mine", "/a/runs/other/"]), ["mine", "other"]);
  assert.deepEqual(runNames(["/a/x/mine", "/a/y/mine", "/b/one"]), ["x/mine", "y/mine", "one"]);
  assert.deepEqual(runNames(["/a/x/mine", "/b/x/mine"]), ["a/x/mine", "b/x/mine"]);
  assert.deepEqual(runNames(["/a/mine", "/a/mine"]), ["mine", "mine"]);
});
