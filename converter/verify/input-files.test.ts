import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { ShowtellError } from "../../errors/index.js";
import { readArchive, readValues } from "./index.js";

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

/** np.savez and np.savez_compressed of image = [[1.5, -2]] in float32 and token = [7] in int64, by numpy 2. */
const ARCHIVES = {
  stored:
    "UEsDBC0AAAAAAAAAIQD9z6UI//////////8JABQAaW1hZ2UubnB5AQAQAIgAAAAAAAAAiAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwgMiksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgAAwD8AAADAUEsDBC0AAAAAAAAAIQC5k3uY//////////8JABQAdG9rZW4ubnB5AQAQAIgAAAAAAAAAiAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICc8aTgnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgcAAAAAAAAAUEsBAi0DLQAAAAAAAAAhAP3PpQiIAAAAiAAAAAkAAAAAAAAAAAAAAIABAAAAAGltYWdlLm5weVBLAQItAy0AAAAAAAAAIQC5k3uYiAAAAIgAAAAJAAAAAAAAAAAAAACAAcMAAAB0b2tlbi5ucHlQSwUGAAAAAAIAAgBuAAAAhgEAAAAA",
  deflated:
    "UEsDBC0AAAAIAAAAIQD9z6UI//////////8JABQAaW1hZ2UubnB5AQAQAIgAAAAAAAAATQAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqGOgpGmjoKtQpkAy4GhgP2DEACAFBLAwQtAAAACAAAACEAuZN7mP//////////CQAUAHRva2VuLm5weQEAEACIAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkahjqaOgq1ChQALnYGCAAAUEsBAi0DLQAAAAgAAAAhAP3PpQhNAAAAiAAAAAkAAAAAAAAAAAAAAIABAAAAAGltYWdlLm5weVBLAQItAy0AAAAIAAAAIQC5k3uYSAAAAIgAAAAJAAAAAAAAAAAAAACAAYgAAAB0b2tlbi5ucHlQSwUGAAAAAAIAAgBuAAAACwEAAAAA",
};

test(".npz files as numpy writes them, plain and compressed; damaged ones are refused", async () => {
  const file = join(folder, "values.npz");
  for (const text of Object.values(ARCHIVES)) {
    const bytes = Buffer.from(text, "base64");
    await writeFile(file, bytes);
    assert.deepEqual(await readArchive(file), {
      image: { dtype: "float32", shape: [1, 2], data: [1.5, -2] },
      token: { dtype: "int64", shape: [1], data: [7n] },
    });
    const place = fc.nat(bytes.length - 1);
    await fc.assert(
      fc.asyncProperty(place, fc.nat(255), fc.boolean(), async (at, value, cut) => {
        const changed = cut ? bytes.subarray(0, at) : Buffer.from(bytes.with(at, value));
        await writeFile(file, changed);
        await readArchive(file).catch((error) => {
          assert.ok(error instanceof ShowtellError && error.code === "USAGE", String(error));
        });
      }),
      { numRuns: 200 },
    );
  }
});
