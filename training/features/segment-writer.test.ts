import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { dataPath, indexPath, readIndex } from "./segment-format.js";
import { newSegmentName, SegmentWriter } from "./segment-writer.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-segments-"));
});
after(() => rm(folder, { recursive: true }));

const BYTES = 16;
const bytesOf = (value: number) => new Uint8Array(BYTES).fill(value);

test("what was committed is found, what was not is not", async () => {
  const place = join(folder, "commit");
  const writer = new SegmentWriter(place, {});
  writer.addRecord("a", bytesOf(1));
  writer.addFile("/a.png", 10, 1.5, "a");
  await writer.commit();
  writer.addRecord("b", bytesOf(2));
  const { records, files } = await readIndex(place, BYTES);
  assert.deepEqual([...records.keys()], ["a"]);
  assert.deepEqual(files.get("/a.png"), { size: 10, modified: 1.5, image: "a" });
  await writer.commit();
  await writer.close();
  assert.deepEqual([...(await readIndex(place, BYTES)).records.keys()], ["a", "b"]);
});

test("a full disk is DISK_FULL, and what was committed before stays good", {
  skip: existsSync("/dev/full") ? false : "this system has no /dev/full",
}, async () => {
  const place = join(folder, "full");
  const names = ["first", "second", "third"];
  const writer = new SegmentWriter(place, {}, () => names.shift()!);
  writer.addRecord("a", bytesOf(1));
  await writer.commit();
  await writer.close();
  // Every write to this device fails as on a full disk.
  await symlink("/dev/full", dataPath(place, "second"));
  writer.addRecord("b", bytesOf(2));
  await assert.rejects(writer.commit(), { code: "DISK_FULL" });
  assert.ok(!existsSync(indexPath(place, "second")));
  writer.addRecord("b", bytesOf(2));
  await writer.commit();
  await writer.close();
  const { records } = await readIndex(place, BYTES);
  assert.deepEqual([records.get("a")?.segment, records.get("b")?.segment], ["first", "third"]);
});

test("any mixture of damage in the index leaves only lines that are whole", async () => {
  const { appendFile, mkdir } = await import("node:fs/promises");
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), fc.nat(3), async (rubbish, rows) => {
      const place = join(folder, `damage${runs++}`);
      await mkdir(place);
      const writer = new SegmentWriter(place, {}, () => "s");
      for (let row = 0; row < rows; row++) writer.addRecord(`image ${row}`, bytesOf(row));
      await writer.commit();
      await writer.close();
      await appendFile(indexPath(place, "s"), rubbish);
      const { records } = await readIndex(place, BYTES);
      for (let row = 0; row < rows; row++) assert.equal(records.get(`image ${row}`)?.row, row);
    }),
    { numRuns: 50 },
  );
});

test("segment names sort by time and differ", async () => {
  const first = newSegmentName();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const names = Array.from({ length: 100 }, newSegmentName);
  assert.equal(new Set(names).size, 100);
  assert.ok(names.every((name) => name > first));
  assert.ok((await readdir(folder)).every((name) => !name.endsWith(".tmp")));
});
