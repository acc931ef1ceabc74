import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { ShowtellError } from "../../errors/index.js";
import { openSafetensors, parseSafetensors } from "./safetensors.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-safetensors-"));
});
after(() => rm(folder, { recursive: true }));

function build(header: unknown, data: Uint8Array, padding = 0): Buffer {
  const json = Buffer.from((typeof header === "string" ? header : JSON.stringify(header)) + " ".repeat(padding));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

const invalid = (pattern: RegExp) => (error: unknown) =>
  error instanceof ShowtellError && error.code === "WEIGHTS_INVALID" && pattern.test(error.message);

test("F32, F16 and BF16 are read exactly, whatever the alignment", async () => {
  const values = [1, -2.5, 0.15625, 96];
  const f32 = Buffer.from(Float32Array.from(values).buffer);
  const f16 = Buffer.from(Uint16Array.of(0x3c00, 0xc100, 0x3100, 0x5600).buffer);
  // The upper halves of the float32 bits.
  const bf16 = Buffer.from(Uint16Array.of(0x3f80, 0xc020, 0x3e20, 0x42c0).buffer);
  const header = {
    __metadata__: { made: "for a test" },
    a: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    b: { dtype: "F16", shape: [4], data_offsets: [16, 24] },
    c: { dtype: "BF16", shape: [1, 4], data_offsets: [24, 32] },
    empty: { dtype: "F32", shape: [0, 3], data_offsets: [32, 32] },
  };
  for (let padding = 0; padding < 4; padding++) {
    const path = join(folder, `${padding}.safetensors`);
    await writeFile(path, build(header, Buffer.concat([f32, f16, bf16]), padding));
    const file = await openSafetensors(path);
    assert.deepEqual(file.names, ["a", "b", "c", "empty"]);
    for (const name of ["a", "b", "c"]) assert.deepEqual([...file.read(name).data], values);
    assert.deepEqual(file.read("a").shape, [2, 2]);
    assert.equal(file.read("empty").data.length, 0);
    assert.throws(() => file.read("d"), invalid(/no weight d/));
  }
});

test("hostile and damaged headers are refused", () => {
  const entry = (over: object) => ({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...over } });
  const data = Buffer.alloc(8);
  const cases: [Buffer, RegExp][] = [
    [Buffer.alloc(0), /shorter/],
    [Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 123]), /claims 18446744073709551615 bytes/],
    [Buffer.from([100, 0, 0, 0, 0, 0, 0, 0, 123]), /truncated/],
    [build("not json", data), /not JSON/],
    [build("[]", data), /not a JSON object/],
    [build({ a: null }, data), /unknown type/],
    [build(entry({ dtype: "toString" }), data), /unknown type/],
    [build(entry({ shape: [-2] }), data), /no valid shape/],
    [build(entry({ shape: [2.5] }), data), /no valid shape/],
    [build(entry({ shape: [2 ** 40, 2 ** 40] }), data), /needs/],
    [build(entry({ data_offsets: [0] }), data), /offsets/],
    [build(entry({ data_offsets: [8, 0] }), data), /offsets/],
    [build(entry({ data_offsets: [0, 4] }), data), /needs 8 bytes and has 4/],
    [build(entry({ data_offsets: [8, 16] }), data), /beyond the end/],
    [build(entry({}), data.subarray(0, 7)), /beyond the end/],
    [
      build({ ...entry({}), b: { dtype: "F32", shape: [2], data_offsets: [4, 12] } }, Buffer.alloc(12)),
      /b overlaps another/,
    ],
  ];
  for (const [bytes, pattern] of cases) assert.throws(() => parseSafetensors(bytes, "x.safetensors"), invalid(pattern));
});

test("any bytes give weights or WEIGHTS_INVALID, nothing else", () => {
  const whole = build({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8] } }, Buffer.alloc(8));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(60),
      (edits, cut) => {
        const bytes = Buffer.from(whole.subarray(0, whole.length - cut));
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        try {
          for (const { start, bytes: size } of parseSafetensors(bytes, "x").values()) {
            assert.ok(start + size <= bytes.length);
          }
        } catch (error) {
          assert.ok(error instanceof ShowtellError && error.code === "WEIGHTS_INVALID", String(error));
        }
      },
    ),
    { numRuns: 2000 },
  );
});
