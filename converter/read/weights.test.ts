import assert from "node:assert/strict";
import { test } from "node:test";
import { io, setBackend, type Tensor as TfTensor, tensor } from "@tensorflow/tfjs";
import fc from "fast-check";
import { readWeights } from "./weights.js";

const spec = (entry: object) => ({ name: "w", shape: [2], ...entry }) as io.WeightsManifestEntry;
const invalid = (pattern: RegExp) => ({ code: "CONVERT_INVALID_MODEL", message: pattern });

/** Bytes of each stored type; those of float16 avoid NaN, which has no one value. */
const STORED = {
  uint8: fc.uint8Array({ minLength: 6, maxLength: 6 }),
  uint16: fc.uint16Array({ minLength: 6, maxLength: 6 }),
  float16: fc.uint16Array({ minLength: 6, maxLength: 6, max: 0x7bff }),
};

test("quantised weights, plain ones and strings are decoded as tfjs decodes them", async () => {
  await setBackend("cpu");
  const one = (dtype: string, quantization?: object) => spec({ dtype, shape: [2, 3], quantization });
  const quantised = fc
    .constantFrom(
      ["float32", "uint8"] as const,
      ["float32", "uint16"] as const,
      ["float32", "float16"] as const,
      ["int32", "uint8"] as const,
      ["int32", "uint16"] as const,
    )
    .chain(([dtype, stored]) =>
      fc.record({
        entry: fc
          .record({
            scale: fc.double({ min: 1e-3, max: 2, noNaN: true }),
            min: fc.double({ min: -9, max: 9, noNaN: true }),
          })
          .map((range) => one(dtype, { dtype: stored, ...range })),
        bytes: STORED[stored].map((values) => new Uint8Array(values.buffer)),
      }),
    );
  const plain = fc.oneof(
    fc.float32Array({ minLength: 6, maxLength: 6, noNaN: true }).map((values) => ({ dtype: "float32", values })),
    fc.int32Array({ minLength: 6, maxLength: 6 }).map((values) => ({ dtype: "int32", values })),
    fc.uint8Array({ minLength: 6, maxLength: 6, max: 1 }).map((values) => ({ dtype: "bool", values })),
  );
  const weight = fc.oneof(
    quantised,
    plain.map(({ dtype, values }) => ({ entry: one(dtype), bytes: new Uint8Array(values.buffer) })),
  );
  fc.assert(
    fc.property(fc.array(weight, { minLength: 1, maxLength: 4 }), (weights) => {
      const specs = weights.map(({ entry }, i) => ({ ...entry, name: `w${i}` }));
      for (const entry of specs) if (entry.quantization === undefined) delete entry.quantization;
      const data = new Uint8Array(weights.flatMap(({ bytes }) => [...bytes])).buffer;
      const expected = io.decodeWeights(data, specs) as Record<string, TfTensor>;
      for (const stored of readWeights(specs, data)) {
        const { dtype, shape, data: values } = stored.read();
        const want = expected[stored.name]!;
        assert.deepEqual([dtype, shape], [want.dtype, want.shape]);
        assert.deepEqual([...(values as Float32Array)], [...want.dataSync()]);
      }
    }),
    { numRuns: 300 },
  );
});

test("strings of any length and letters", async () => {
  const words = ["", "a", "naïve", "日本"];
  const { data, specs } = await io.encodeWeights([{ name: "words", tensor: tensor(words, [2, 2], "string") }]);
  const [read] = readWeights(specs, data);
  assert.deepEqual(read!.read(), { dtype: "string", shape: [2, 2], data: words });
  const cut = data.slice(0, data.byteLength - 1);
  assert.throws(() => readWeights(specs, cut), invalid(/"words".*bytes/));
  assert.throws(() => readWeights([{ ...specs[0]!, shape: [1e9] }], data), invalid(/string 4 of 1000000000/));
});

test("shards are one sequence of bytes, wherever they are cut", () => {
  const whole = new Float32Array([1, 2, 3, 4]).buffer;
  const parts = [whole.slice(0, 3), whole.slice(3, 9), whole.slice(9)];
  const specs = [spec({ name: "a", dtype: "float32" }), spec({ name: "b", dtype: "float32" })];
  assert.deepEqual(
    readWeights(specs, parts).map(({ read }) => [...(read().data as Float32Array)]),
    [
      [1, 2],
      [3, 4],
    ],
  );
});

test("what does not fit is refused by name", () => {
  const bytes = new ArrayBuffer(8);
  const one = (entry: object, data = bytes) => readWeights([spec(entry)], data).map(({ read }) => read());
  assert.throws(() => one({ dtype: "float32", shape: [1] }), invalid(/take 4 bytes, but there are 8/));
  assert.throws(() => one({ dtype: "float32", shape: [3] }), invalid(/"w": it takes 12 bytes at 0/));
  assert.throws(() => one({ dtype: "float32", shape: [2 ** 40, 2 ** 40] }), invalid(/"w"/));
  assert.throws(() => one({ dtype: "float32", shape: [-1] }), invalid(/shape/));
  assert.throws(() => one({ dtype: "float32", shape: "2" }), invalid(/shape/));
  assert.throws(() => one({ dtype: "float64" }), { code: "CONVERT_UNSUPPORTED", message: /float64/ });
  assert.throws(() => one({ dtype: "complex64", shape: [1] }), { code: "CONVERT_UNSUPPORTED", message: /complex64/ });
  assert.throws(() => one({ dtype: "float32", quantization: { dtype: "int8" } }), invalid(/int8/));
  assert.throws(() => one({ dtype: "float32", shape: [8], quantization: { dtype: "uint8" } }), invalid(/scale/));
  const quantization = { dtype: "float16", scale: 1, min: 0 };
  assert.throws(
    () => one({ dtype: "int32", shape: [4], quantization }),
    invalid(/int32 cannot be quantised as float16/),
  );
  assert.throws(() => readWeights("none" as never, bytes), invalid(/no list/));
  assert.throws(() => readWeights([{}] as never, bytes), invalid(/number 0/));
});
