import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readValues } from "./index.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-values-"));
});
after(() => rm(folder, { recursive: true }));

async function read(content: string | Uint8Array) {
  await writeFile(join(folder, "values"), content);
  return readValues(join(folder, "values"));
}

/** As np.save writes it. */
function npy(descr: string, shape: string, data: ArrayBufferLike, order = "False"): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11).concat("\n");
  const start = Buffer.from("\x93NUMPY\x01\x00", "latin1");
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([start, length, Buffer.from(padded), new Uint8Array(data)]);
}

test(".npy files of every usual type", async () => {
  const cases: [string, ArrayLike<number | bigint> & { buffer: ArrayBufferLike }, string][] = [
    ["<f4", new Float32Array([1.5, -2]), "float32"],
    ["<f8", new Float64Array([1.1, -2]), "float64"],
    ["|u1", new Uint8Array([200, 3]), "uint8"],
    ["|i1", new Int8Array([-100, 3]), "int8"],
    ["<i4", new Int32Array([-70000, 3]), "int32"],
    ["<i8", new BigInt64Array([-7n, 3n]), "int64"],
    ["|b1", new Uint8Array([1, 0]), "bool"],
  ];
  for (const [descr, values, dtype] of cases) {
    const expected = { dtype, shape: [2, 1], data: Array.from(values as ArrayLike<number>) };
    assert.deepEqual(await read(npy(descr, "(2, 1)", values.buffer)), expected);
  }
  assert.deepEqual((await read(npy("<f4", "(2,)", new Float32Array(2).buffer))).shape, [2]);
  assert.deepEqual((await read(npy("<f4", "()", new Float32Array(1).buffer))).shape, []);
});

test("JSON with nested lists", async () => {
  assert.deepEqual(await read("[[1, 2.5], [3, 4]]"), { dtype: "float32", shape: [2, 2], data: [1, 2.5, 3, 4] });
  assert.deepEqual(await read("7"), { dtype: "float32", shape: [], data: [7] });
  assert.deepEqual(await read('["a", "b"]'), { dtype: "string", shape: [2], data: ["a", "b"] });
  assert.deepEqual(await read("[true, false]"), { dtype: "bool", shape: [2], data: [1, 0] });
});

test("what is neither is refused with the reason", async () => {
  const floats = new Float32Array(2).buffer;
  const refused = async (content: string | Uint8Array, message: RegExp) =>
    assert.rejects(read(content), { code: "USAGE", message });
  await refused("[[1], [2, 3]]", /one length/);
  await refused('[1, "a"]', /all numbers/);
  await refused("{}", /all numbers/);
  await refused("[1", /JSON/);
  await refused(npy("<f4", "(3,)", floats), /8 bytes for \[3\]/);
  await refused(npy(">f4", "(2,)", floats), /not supported/);
  await refused(npy("<c8", "(1,)", floats), /not supported/);
  await refused(npy("<f4", "(2,)", floats, "True"), /Fortran/);
  await assert.rejects(readValues(join(folder, "none")), { code: "FILE_NOT_FOUND" });
});
