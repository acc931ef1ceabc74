import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../files/package-root.js";
import { crc32c } from "./crc32c.js";
import { type Event, encodeEvent } from "./event.js";
import { record } from "./record.js";

test("CRC-32C gives the values of RFC 3720 B.4 and of the check string", () => {
  const rising = Uint8Array.from({ length: 32 }, (_, i) => i);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(rising), 0x46dd794e);
  assert.equal(crc32c(rising.toReversed()), 0x113fdb5c);
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
});

test("events are the bytes that TensorBoard's own writer makes of them", () => {
  const path = join(packageRoot(), "training", "tensorboard", "golden", "events.json");
  const golden: { events: Event[]; records: string[] } = JSON.parse(readFileSync(path, "utf8"));
  assert.deepEqual(
    golden.events.map((event) => Buffer.from(record(encodeEvent(event))).toString("hex")),
    golden.records,
  );
});
