import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { showtell } from "../../test/command.js";
import { hugePng, truncatedJpeg } from "../../test/malformed/images.js";
import { picture, post, read, type Served, withServer } from "../../test/served.js";
import type { CaptionsAnswer, ModelsAnswer, Problem } from "./index.js";

let served: Served;
let url: string;
let release: () => void;
let finished: Promise<void>;

before(async () => {
  await new Promise<void>((lent) => {
    const config = { maxImages: 3, maxBodyBytes: 300_000, maxImageBytes: 100_000, bodyTime: 400 };
    finished = withServer({ config }, async (server) => {
      served = server;
      url = server.url;
      const done = new Promise<void>((resolve) => {
        release = resolve;
      });
      lent();
      await done;
    });
  });
});

after(async () => {
  release();
  await finished;
});

async function problem(response: Response, status: number, code: string) {
  const body = await read<Problem>(response);
  assert.equal(response.status, status, JSON.stringify(body));
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.equal(body.code, code);
  assert.equal(body.status, status);
  assert.equal(body.request_id, response.headers.get("x-request-id"));
  return body;
}

test("captions are those of `showtell caption` for the same bytes", async () => {
  const pictures = await Promise.all((["png", "jpeg", "webp", "avif", "gif"] as const).map(picture));
  const paths = pictures.map((_, i) => join(served.folder, `${i}.img`));
  await Promise.all(pictures.map((bytes, i) => writeFile(paths[i] ?? "", bytes)));
  const model = join(served.folder, "tiny");
  const { stdout, stderr } = await showtell(["caption", ...paths, "--model", model, "--json", "--alternatives", "2"]);
  const expected = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(expected.length, pictures.length, stderr);
  for (const [i, bytes] of pictures.entries()) {
    const response = await post(url, bytes, { query: "?alternatives=2" });
    const answer = await read(response);
    assert.equal(response.status, 200, JSON.stringify(answer));
    const { caption, tokens, score, alternatives } = expected[i];
    assert.equal(answer.caption, caption);
    assert.deepEqual(answer.tokens, tokens);
    assert.ok(Math.abs(answer.score - score) < 1e-4);
    const words = ({ caption }: { caption: string }) => caption;
    assert.deepEqual(answer.alternatives.map(words), alternatives.map(words));
    assert.equal(answer.model.name, "tiny");
    assert.match(answer.model.version, /^[0-9a-f]{12}$/);
    assert.ok(answer.timings.total_ms >= answer.timings.inference_ms && answer.timings.inference_ms > 0);
  }
});

test("an image may come as body, form, base64 or data URL: the answer is the same", async () => {
  const bytes = await picture();
  const { caption, score } = await read(post(url, bytes));
  const form = new FormData();
  form.append("image", new Blob([bytes as Buffer<ArrayBuffer>]), "photo.png");
  const base64 = bytes.toString("base64");
  const json = (body: unknown) => ({ body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const ways: RequestInit[] = [
    { body: form },
    json({ image: base64 }),
    json({ image: `data:image/png;base64,${base64}` }),
    { body: bytes as Buffer<ArrayBuffer>, headers: { "content-type": "application/octet-stream" } },
  ];
  for (const way of ways) {
    const answer = await read(fetch(`${url}/v1/captions`, { method: "POST", ...way }));
    assert.deepEqual([answer.caption, answer.score], [caption, score]);
  }
});

test("several images are answered in order, and a bad one stops no other", async () => {
  const [one, two] = [await picture(), await picture()];
  const alone = await Promise.all([one, two].map(async (bytes) => (await read(post(url, bytes))).caption));
  const form = new FormData();
  for (const bytes of [one, Buffer.from("no image"), two]) {
    form.append("image", new Blob([bytes as Buffer<ArrayBuffer>]), "x");
  }
  const asked = [
    { body: form },
    {
      body: JSON.stringify({ images: [one, Buffer.from("no image"), two].map((bytes) => bytes.toString("base64")) }),
      headers: { "content-type": "application/json" },
    },
  ];
  for (const way of asked) {
    const response = await fetch(`${url}/v1/captions`, { method: "POST", ...way });
    const { captions, model, timings } = await read<CaptionsAnswer>(response);
    assert.equal(response.status, 200);
    const outcomes = captions.map((item) => ("error" in item ? item.error.code : item.caption));
    assert.deepEqual(outcomes, [alone[0], "IMAGE_UNREADABLE", alone[1]]);
    assert.equal(model.name, "tiny");
    assert.ok(timings.total_ms > 0);
  }
});

test("options come in query, form or JSON, the body's first", async () => {
  const bytes = await picture();
  const short = await read(post(url, bytes, { query: "?max_length=2&beam=1" }));
  assert.ok(short.tokens.length <= 2);
  const body = JSON.stringify({ image: bytes.toString("base64"), max_length: 1, alternatives: 1, beam: 4 });
  const headers = { "content-type": "application/json" };
  const json = await fetch(`${url}/v1/captions?max_length=9`, { method: "POST", body, headers });
  const answer = await read(json);
  assert.equal(answer.tokens.length, 1);
  assert.equal(answer.alternatives.length, 1);
  const form = new FormData();
  form.append("max_length", "1");
  form.append("image", new Blob([bytes as Buffer<ArrayBuffer>]), "x");
  const formed = await read(fetch(`${url}/v1/captions`, { method: "POST", body: form }));
  assert.equal(formed.tokens.length, 1);
});

test("attention comes as numbers that sum to one a word, or as a picture", async () => {
  const bytes = await picture();
  const { attention, tokens } = await read(post(url, bytes, { query: "?attention=numbers" }));
  assert.deepEqual(attention?.grid, [4, 4]);
  assert.equal(attention?.maps?.length, tokens.length);
  for (const map of attention?.maps ?? []) {
    assert.equal(map.length, 16);
    assert.ok(Math.abs(map.reduce((a: number, b: number) => a + b, 0) - 1) < 1e-4);
  }
  const drawn = await read(post(url, bytes, { query: "?attention=png" }));
  assert.equal((await sharp(Buffer.from(drawn.attention?.png ?? "", "base64")).metadata()).format, "png");
});

test("greedy words are streamed as they are written, then the whole answer", async () => {
  const bytes = await picture();
  const expected = await read(post(url, bytes, { query: "?beam=1" }));
  const response = await post(url, bytes, { headers: { accept: "text/event-stream" } });
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const events = (await response.text())
    .trim()
    .split("\n\n")
    .map((text) => /^event: (\w+)\ndata: (.*)$/.exec(text)?.slice(1) ?? [])
    .map(([event, data]) => ({ event, data: JSON.parse(data ?? "") }));
  const words = events.filter(({ event }) => event === "word").map(({ data }) => data.word);
  assert.equal(words.join(" "), expected.caption);
  assert.equal(events.at(-1)?.event, "caption");
  assert.deepEqual(events.at(-1)?.data.tokens, expected.tokens);
  const refused = await post(url, bytes, { query: "?beam=3", headers: { accept: "text/event-stream" } });
  await problem(refused, 400, "REQUEST_INVALID");
});

test("what is wrong with a request has its status and its stable code", async () => {
  const bytes = await picture();
  const json = (body: string) => post(url, Buffer.from(body), { headers: { "content-type": "application/json" } });
  const form = (body: string) =>
    post(url, Buffer.from(body), { headers: { "content-type": "multipart/form-data; boundary=b" } });
  const part = '--b\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n';
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
  const cases: [Promise<Response>, number, string][] = [
    [post(url, bytes, { query: "?beam=0" }), 400, "REQUEST_INVALID"],
    [post(url, bytes, { query: "?beam=11" }), 400, "REQUEST_INVALID"],
    [post(url, bytes, { query: "?beam=1&beam=2" }), 400, "REQUEST_INVALID"],
    [post(url, bytes, { query: "?depth=2" }), 400, "REQUEST_INVALID"],
    [post(url, bytes, { query: "?__proto__=2" }), 400, "REQUEST_INVALID"],
    [post(url, Buffer.alloc(0)), 400, "REQUEST_INVALID"],
    [json("{"), 400, "REQUEST_INVALID"],
    [json("{}"), 400, "REQUEST_INVALID"],
    [json('{"image":"%%%"}'), 400, "REQUEST_INVALID"],
    [json('{"image":"data:image/svg+xml,<svg/>"}'), 400, "REQUEST_INVALID"],
    [json('{"image":"aaaa","__proto__":{"beam":1}}'), 400, "REQUEST_INVALID"],
    [json('{"url":"http://127.0.0.1/"}'), 422, "URL_REFUSED"],
    [form("--b--\r\n"), 400, "REQUEST_INVALID"],
    [form(`${part}abc`), 400, "REQUEST_INVALID"],
    [form(part.slice(0, 20)), 400, "REQUEST_INVALID"],
    [form(`${part}abc\r\n`.repeat(4)), 413, "REQUEST_TOO_LARGE"],
    [form(`${part}${"x".repeat(100_001)}\r\n--b--\r\n`), 413, "REQUEST_TOO_LARGE"],
    [post(url, Buffer.alloc(300_001)), 413, "REQUEST_TOO_LARGE"],
    [post(url, Buffer.alloc(100_001)), 413, "REQUEST_TOO_LARGE"],
    [post(url, hugePng()), 413, "IMAGE_TOO_LARGE"],
    [post(url, bytes, { headers: { "content-type": "image/svg+xml" } }), 415, "MEDIA_TYPE_UNSUPPORTED"],
    [post(url, bytes, { headers: { "content-encoding": "gzip" } }), 415, "MEDIA_TYPE_UNSUPPORTED"],
    [post(url, Buffer.from(svg)), 422, "IMAGE_UNREADABLE"],
    [post(url, await sharp(bytes).tiff().toBuffer()), 422, "IMAGE_UNREADABLE"],
    [post(url, await truncatedJpeg()), 422, "IMAGE_UNREADABLE"],
    [post(url, bytes, { query: "?model=other" }), 404, "MODEL_UNKNOWN"],
    [fetch(`${url}/v2/nothing/here`), 404, "NOT_FOUND"],
    [fetch(`${url}/%E0%A4%A`), 404, "NOT_FOUND"],
    [fetch(`${url}/v1/captions`), 405, "METHOD_NOT_ALLOWED"],
    [fetch(`${url}/admin/reload`, { method: "POST" }), 403, "FORBIDDEN"],
  ];
  for (const [response, status, code] of cases) await problem(await response, status, code);
  const both = await problem(await json('{"image":"aaaa","url":"x","beam":"many"}'), 400, "REQUEST_INVALID");
  assert.equal(both.errors?.[0]?.path, "beam");
  assert.equal((await fetch(`${url}/v1/captions`)).headers.get("allow"), "POST");
});

test("a body that does not arrive in time is answered with 408", async () => {
  const slow = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(10));
    },
  });
  const init = { method: "POST", body: slow, duplex: "half", headers: { "content-type": "image/png" } };
  await problem(await fetch(`${url}/v1/captions`, init as RequestInit), 408, "REQUEST_TIMEOUT");
});

test("a client that sends everything before it reads gets its answer, though the body is far too large", async () => {
  for (let i = 0; i < 3; i++) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => {
      answer += data;
    });
    const closed = new Promise((resolve, reject) => socket.on("close", resolve).on("error", reject));
    const size = 30e6;
    const head = `POST /v1/captions HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: ${size}\r\n\r\n`;
    socket.pause().write(head);
    await new Promise((resolve) => socket.write(Buffer.alloc(size), resolve));
    socket.resume();
    await closed;
    assert.match(answer, /^HTTP\/1\.1 413 /);
    assert.match(answer, /"code":"REQUEST_TOO_LARGE"/);
  }
});

test("models are listed, and one is named by name or by name and version", async () => {
  const { models } = await read<ModelsAnswer>(fetch(`${url}/v1/models`));
  assert.deepEqual(Object.keys(models[0] ?? {}), ["name", "version", "precision", "provider"]);
  const bytes = await picture();
  for (const model of ["tiny", `tiny@${models[0]?.version}`]) {
    assert.equal((await post(url, bytes, { query: `?model=${model}` })).status, 200);
  }
  await problem(await post(url, bytes, { query: "?model=tiny@0" }), 404, "MODEL_UNKNOWN");
});

test("answers tell nothing of what they are made with; the log has ids, codes and no image", async () => {
  const response = await post(url, await picture(), { headers: { "x-request-id": "mine-1234" } });
  assert.equal(response.headers.get("x-request-id"), "mine-1234");
  assert.equal(response.headers.get("x-powered-by"), null);
  assert.equal(response.headers.get("access-control-allow-origin"), null);
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  const line = served.logged.find(({ id }) => id === "mine-1234");
  const keys = ["bytes", "id", "method", "ms", "msg", "route", "status"];
  const own = ({ level, time, pid, hostname, ...rest }: Record<string, unknown> = {}) => rest;
  assert.deepEqual(Object.keys(own(line)).sort(), keys);
  assert.ok(served.logged.some(({ code }) => code === "IMAGE_TOO_LARGE"));
});
