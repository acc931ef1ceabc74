import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { picture, post, read, type Served, withServer } from "../../test/served.js";
import { addCaptioner } from "../../test/tiny-captioner.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { decodeImage, loadCaptioner } from "../node/index.js";
import type { Problem } from "./index.js";
import type { InferResponse, ModelMetadata, ServerMetadata } from "./v2-schemas.js";

const pixels = Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 7) % 256);
const image = { name: "image", shape: [1, 32, 32, 3], datatype: "UINT8" };

function infer({ url }: Served, graph: string, body: unknown): Promise<Response> {
  return fetch(`${url}/v2/models/${graph}/infer`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

test("server, models and versions tell what they are", async () => {
  await withServer({}, async ({ url }) => {
    const server = await read<ServerMetadata>(fetch(`${url}/v2`));
    assert.deepEqual(server.models, ["tiny.encoder", "tiny.decoder"]);
    assert.deepEqual(server.extensions, ["binary_tensor_data"]);
    for (const path of ["health/live", "health/ready", "models/tiny.encoder/ready"]) {
      assert.equal((await fetch(`${url}/v2/${path}`)).status, 200);
    }
    const encoder = await read<ModelMetadata>(fetch(`${url}/v2/models/tiny.encoder`));
    assert.deepEqual(encoder.inputs, [{ ...image, shape: [-1, 32, 32, 3] }]);
    assert.deepEqual(encoder.outputs[0], { name: "features", datatype: "FP32", shape: [-1, 16, 8] });
    const [version] = encoder.versions;
    assert.equal((await fetch(`${url}/v2/models/tiny.decoder/versions/${version}`)).status, 200);
    for (const name of ["tiny", "tiny.captioner", "other.encoder", `tiny.encoder/versions/0`]) {
      assert.equal((await fetch(`${url}/v2/models/${name}`)).status, 404, name);
    }
  });
});

test("encoder and decoder run over HTTP give the caption that /v1 gives greedily", async () => {
  await withServer({}, async (served) => {
    const bytes = await picture();
    const captioner = await loadCaptioner(join(served.folder, "tiny"), { workers: 1 });
    const { preprocessing, tokens } = captioner.manifest;
    await captioner.close();
    const data = Array.from(await decodeImage(bytes, preprocessing));
    const encoded = await read<InferResponse>(infer(served, "tiny.encoder", { inputs: [{ ...image, data }] }));
    const tensor = (name: string, { outputs }: InferResponse, as = name) => {
      const { shape, datatype, data } = outputs.find((output) => output.name === name) ?? {};
      return { name: as, shape, datatype, data };
    };
    const [features, projected] = [tensor("features", encoded), tensor("projected", encoded)];
    let [hidden, cell] = [tensor("hidden", encoded), tensor("cell", encoded)];
    const written: number[] = [];
    for (let token = tokens.start; written.length < 12; ) {
      const word = { name: "token", shape: [1], datatype: "INT64", data: [token] };
      const step = await read<InferResponse>(
        infer(served, "tiny.decoder", { id: "step", inputs: [word, hidden, cell, features, projected] }),
      );
      assert.equal(step.id, "step");
      const logits = tensor("logits", step).data as number[];
      const banned = [tokens.pad, tokens.start, tokens.unk, ...(written.length === 0 ? [tokens.end] : [])];
      token = logits.reduce((best, value, i) => (!banned.includes(i) && value > (logits[best] ?? -1e9) ? i : best), -1);
      if (token === tokens.end) break;
      written.push(token);
      [hidden, cell] = [tensor("next_hidden", step, "hidden"), tensor("next_cell", step, "cell")];
    }
    assert.deepEqual(written, (await read(post(served.url, bytes, { query: "?beam=1" }))).tokens);
  });
});

test("binary tensor data gives the values of JSON", async () => {
  await withServer({}, async (served) => {
    const expected = await read<InferResponse>(infer(served, "tiny.encoder", { inputs: [{ ...image, data: pixels }] }));
    const nested = Array.from({ length: 32 }, (_, y) =>
      Array.from({ length: 32 }, (_, x) => pixels.slice((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)),
    );
    const same = await read<InferResponse>(infer(served, "tiny.encoder", { inputs: [{ ...image, data: [nested] }] }));
    assert.deepEqual(same, expected);

    const head = Buffer.from(
      JSON.stringify({
        inputs: [{ ...image, parameters: { binary_data_size: pixels.length } }],
        outputs: [{ name: "hidden", parameters: { binary_data: true } }, { name: "cell" }],
      }),
    );
    const response = await fetch(`${served.url}/v2/models/tiny.encoder/infer`, {
      method: "POST",
      headers: {
        "content-type": "application/octet-stream",
        "inference-header-content-length": String(head.length),
      },
      body: Buffer.concat([head, Uint8Array.from(pixels)]),
    });
    assert.equal(response.headers.get("content-type"), "application/octet-stream");
    const body = Buffer.from(await response.arrayBuffer());
    const length = Number(response.headers.get("inference-header-content-length"));
    const { outputs } = JSON.parse(body.subarray(0, length).toString()) as InferResponse;
    assert.deepEqual(outputs[0], {
      ...{ name: "hidden", shape: [1, 10], datatype: "FP32" },
      parameters: { binary_data_size: 40 },
    });
    const values = new Float32Array(Uint8Array.from(body.subarray(length)).buffer);
    const of = (name: string) => expected.outputs.find((output) => output.name === name)?.data;
    assert.deepEqual(Array.from(values), of("hidden"));
    assert.deepEqual(outputs[1]?.data, of("cell"));
  });
});

test("tensors that do not fit are refused with what is wrong", async () => {
  await withServer({}, async (served) => {
    const data = pixels;
    let deep: unknown = 1;
    for (let i = 0; i < 2000; i++) deep = [deep];
    const cases: [unknown, RegExp][] = [
      [{}, /inputs/],
      [{ inputs: [] }, /image is missing/],
      [{ inputs: [{ ...image, data, name: "picture" }] }, /no input "picture"/],
      [{ inputs: [{ ...image, data, datatype: "FP32" }] }, /not UINT8/],
      [{ inputs: [{ ...image, data, datatype: "BYTES" }] }, /datatype/],
      [{ inputs: [{ ...image, data, shape: [1, 32, 32] }] }, /shape/],
      [{ inputs: [{ ...image, data, shape: [0, 32, 32, 3] }] }, /shape/],
      [{ inputs: [{ ...image, data, shape: [2, 32, 32, 3] }] }, /6144 values/],
      [{ inputs: [{ ...image, data: [...data.slice(1), 256] }] }, /value 3071 .* not of its type/],
      [{ inputs: [{ ...image, data: [deep] }] }, /3072 values/],
      [{ inputs: [{ ...image }] }, /no data/],
      [{ inputs: [{ ...image, parameters: { binary_data_size: 3072 } }] }, /shorter/],
      [
        {
          inputs: [
            { ...image, data },
            { ...image, data },
          ],
        },
        /twice/,
      ],
      [{ inputs: [{ ...image, data }], outputs: [{ name: "logits" }] }, /no output "logits"/],
    ];
    for (const [body, message] of cases) {
      const response = await infer(served, "tiny.encoder", body);
      const { code, detail } = await read<Problem>(response);
      assert.deepEqual([response.status, code], [400, "REQUEST_INVALID"], detail);
      assert.match(detail, message);
    }
    // A word that is not in the vocabulary is found out by the graph itself.
    const float = (name: string, ...shape: number[]) => {
      return { name, shape, datatype: "FP32", data: Array(shape.reduce((a, b) => a * b)).fill(0) };
    };
    const word = { name: "token", shape: [1], datatype: "INT64", data: [999_999] };
    const states = [
      float("hidden", 1, 10),
      float("cell", 1, 10),
      float("features", 1, 16, 8),
      float("projected", 1, 16, 6),
    ];
    const response = await infer(served, "tiny.decoder", { inputs: [word, ...states] });
    assert.deepEqual([response.status, (await read<Problem>(response)).code], [400, "USAGE"]);
  });
});

test("a model's captioner in one graph gives the caption that /v1 gives, also after its files are gone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "showtell-whole-"));
  const model = join(folder, "whole");
  await addCaptioner(model, await writeTinyModel(model, { name: "whole" }));
  await withServer({ config: { models: [model] } }, async (served) => {
    await rm(folder, { recursive: true });
    const { models } = await read<ServerMetadata>(fetch(`${served.url}/v2`));
    assert.deepEqual(models, ["whole.encoder", "whole.decoder", "whole.captioner"]);
    const bytes = await picture();
    const expected = await read(post(served.url, bytes, { query: "?beam=2&max_length=7" }));
    const { preprocessing, tokens } = served.service.models.find().captioner.manifest;
    const data = Array.from(await decodeImage(bytes, preprocessing));
    const whole = (name: string, value: number) => ({ name, shape: [], datatype: "INT64", data: [value] });
    const { outputs } = await read<InferResponse>(
      infer(served, "whole.captioner", { inputs: [{ ...image, data }, whole("max_length", 7), whole("beam", 2)] }),
    );
    const written = outputs.find(({ name }) => name === "tokens")?.data as number[];
    assert.deepEqual(
      written.filter((token) => token !== tokens.pad),
      expected.tokens,
    );
  });
});
