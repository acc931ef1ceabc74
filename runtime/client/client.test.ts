import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { picture, withServer } from "../../test/served.js";
import { ShowtellClient, ShowtellServerError } from "./index.js";

test("the client captions one image, several, and streams words", async () => {
  await withServer({}, async ({ url }) => {
    const client = new ShowtellClient(`${url}/`);
    const bytes = await picture();
    const answer = await client.caption(bytes, { alternatives: 1, attention: "numbers" });
    assert.ok(answer.caption);
    assert.equal(answer.alternatives.length, 1);
    assert.equal(answer.attention?.maps?.length, answer.tokens.length);
    const blob = new Blob([bytes as Buffer<ArrayBuffer>], { type: "image/png" });
    assert.equal((await client.caption(blob)).caption, answer.caption);

    const many = await client.captionMany([bytes, Buffer.from("no image")]);
    const outcomes = many.captions.map((item) => ("error" in item ? item.error.code : item.caption));
    assert.deepEqual(outcomes, [answer.caption, "IMAGE_UNREADABLE"]);
    assert.equal((await client.captionMany([bytes])).captions.length, 1);

    const words = client.stream(bytes);
    const heard: string[] = [];
    let next = await words.next();
    for (; !next.done; next = await words.next()) heard.push(next.value);
    assert.equal(heard.join(" "), (await client.caption(bytes, { beam: 1 })).caption);
    assert.equal(next.value.caption, heard.join(" "));

    assert.equal((await client.models()).models[0]?.name, "tiny");
    await assert.rejects(client.caption(Buffer.from("no image")), (error) => {
      assert.ok(error instanceof ShowtellServerError);
      assert.deepEqual([error.status, error.code, error.problem?.status], [422, "IMAGE_UNREADABLE", 422]);
      return true;
    });
  });
});

/** A server that answers as it is told. */
async function withAnswers(listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => listener(request, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("429, 503 and broken connections are tried again after the time that the server names", async () => {
  const times: number[] = [];
  await withAnswers(
    (request, response) => {
      times.push(performance.now());
      if (times.length === 1) response.writeHead(503, { "retry-after": "1" }).end();
      else if (times.length === 2) response.writeHead(429, { "retry-after": "0" }).end("{}");
      else if (times.length === 3) request.socket.destroy();
      else response.end('{"models":[]}');
    },
    async (url) => {
      assert.deepEqual(await new ShowtellClient(url).models(), { models: [] });
      assert.equal(times.length, 4);
      assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 990, "a second was waited");
    },
  );
});

test("what cannot get better, takes too long, or fails too often is not tried again", async () => {
  let count = 0;
  await withAnswers(
    ({ url }, response) => {
      count++;
      const [status, after] = url?.endsWith("models") ? [503, "0"] : [401, "0"];
      response.writeHead(status as number, { "retry-after": after }).end('{"code":"X","detail":"no"}');
    },
    async (url) => {
      await assert.rejects(new ShowtellClient(url, { retries: 2 }).models(), { status: 503, code: "X" });
      assert.equal(count, 3);
      await assert.rejects(new ShowtellClient(url).caption(new Uint8Array(1)), { status: 401 });
      assert.equal(count, 4);
    },
  );
  await withAnswers(
    (_, response) => {
      count++;
      response.writeHead(503, { "retry-after": "3600" }).end();
    },
    async (url) => {
      const started = performance.now();
      await assert.rejects(new ShowtellClient(url).models(), { status: 503, retryAfter: 3600 });
      assert.ok(performance.now() - started < 5000);
      assert.equal(count, 5);
      const signal = AbortSignal.timeout(50);
      await assert.rejects(new ShowtellClient(url, { maxWait: 1e9 }).caption(new Uint8Array(1), { signal }), {
        name: "TimeoutError",
      });
    },
  );
});
