import assert from "node:assert/strict";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { picture, post, read, type Served, withServer } from "../../test/served.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import type { Problem, Reloaded } from "./index.js";

/** A model that takes long enough for requests to pile up. */
const SLOW = {
  width: 256,
  height: 256,
  grid: [32, 32] as [number, number],
  channels: 64,
  hidden: 256,
  vocabulary: 4000,
};

async function until(what: string, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await sleep(5);
  assert.ok(condition(), what);
}

async function metric({ url }: Served, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

test("more than the queue holds is refused at once with 503 and Retry-After; what was admitted is answered", async () => {
  await withServer({ config: { queue: 4 }, model: SLOW }, async ({ url, service }) => {
    const pictures = await Promise.all(Array.from({ length: 24 }, () => picture()));
    const responses = await Promise.all(pictures.map((bytes) => post(url, bytes)));
    const statuses = responses.map(({ status }) => status);
    const refused = responses.filter(({ status }) => status === 503);
    assert.ok(refused.length > 0 && statuses.includes(200), statuses.join());
    assert.ok(
      statuses.every((status) => status === 200 || status === 503),
      statuses.join(),
    );
    for (const response of refused) {
      assert.ok(Number(response.headers.get("retry-after")) >= 1);
      assert.equal((await read<Problem>(response)).code, "OVERLOADED");
    }
    for (const response of responses.filter(({ status }) => status === 200)) assert.ok((await read(response)).caption);
    assert.equal(service.models.find().queue.length, 0);
    assert.equal((await post(url, await picture())).status, 200, "it goes on");
  });
});

test("what would wait longer than is promised is refused though the queue has room", async () => {
  await withServer({ config: { queue: 1000, queueWait: 1 }, model: SLOW }, async ({ url }) => {
    assert.equal((await post(url, await picture())).status, 200, "the first tells how long one takes");
    const pictures = await Promise.all(Array.from({ length: 8 }, () => picture()));
    const statuses = (await Promise.all(pictures.map((bytes) => post(url, bytes)))).map(({ status }) => status);
    assert.ok(statuses.includes(503) && statuses.includes(200), statuses.join());
  });
});

test("a request past its deadline is answered with 503, and its place in the queue is free", async () => {
  await withServer({ config: { deadline: 30 }, model: SLOW }, async ({ url, service }) => {
    const pictures = await Promise.all(Array.from({ length: 12 }, () => picture()));
    const responses = await Promise.all(pictures.map((bytes) => post(url, bytes)));
    const late = responses.filter(({ status }) => status === 503);
    assert.ok(late.length > 0);
    for (const response of late) assert.equal((await read<Problem>(response)).code, "DEADLINE_EXCEEDED");
    await until("the queue is empty", () => service.models.find().queue.length === 0);
  });
});

test("the work of clients that have gone is dropped", async () => {
  await withServer({ model: SLOW }, async (served) => {
    const { url, service } = served;
    const { queue } = service.models.find();
    const gone = new AbortController();
    const pictures = await Promise.all(Array.from({ length: 20 }, () => picture()));
    const requests = pictures.map((bytes) => post(url, bytes, { signal: gone.signal }).catch(() => "gone"));
    await until("they wait", () => queue.length > 10);
    gone.abort();
    assert.ok((await Promise.all(requests)).includes("gone"));
    await until("the queue is empty", () => queue.length === 0);
    assert.equal((await post(url, await picture())).status, 200);
    assert.ok((await metric(served, "showtell_inference_seconds_count")) < 12, "most were never captioned");
    assert.ok(served.logged.some(({ status }) => status === 499));
  });
});

test("the same image in flight is captioned once, and a client that leaves takes nothing from the others", async () => {
  await withServer({ model: SLOW }, async (served) => {
    const bytes = await picture();
    const gone = new AbortController();
    const first = post(served.url, bytes, { signal: gone.signal }).catch(() => "gone");
    const others = Array.from({ length: 5 }, () => post(served.url, bytes));
    await until("it is in flight", () => served.service.models.find().uses === 6);
    gone.abort();
    const captions = await Promise.all(others.map(async (response) => (await read(response)).caption));
    assert.equal(await first, "gone");
    assert.equal(new Set(captions).size, 1);
    assert.equal(await metric(served, "showtell_inference_seconds_count"), 1);
    assert.equal((await read(post(served.url, bytes))).caption, captions[0]);
    assert.equal(await metric(served, "showtell_inference_seconds_count"), 2, "no cache unless it is asked for");
  });
});

test("with a cache the same image is answered again without being captioned", async () => {
  await withServer({ config: { cachedCaptions: 2 } }, async (served) => {
    const pictures = [await picture(), await picture(), await picture()];
    const caption = async (i: number) => (await read(post(served.url, pictures[i] ?? Buffer.alloc(0)))).caption;
    const [a, b] = [await caption(0), await caption(1)];
    assert.deepEqual([await caption(0), await caption(1)], [a, b]);
    assert.equal(await metric(served, "showtell_cached_total"), 2);
    await caption(2);
    assert.equal(await caption(0), a, "the least recently used was dropped");
    assert.equal(await metric(served, "showtell_cached_total"), 2);
  });
});

test("images of one kind are captioned together where that is asked for, and get what each gets alone", async () => {
  await withServer({ config: { batch: 4, batchDelay: 200 } }, async (served) => {
    const pictures = await Promise.all(Array.from({ length: 8 }, () => picture()));
    const together = await Promise.all(pictures.map(async (bytes) => (await read(post(served.url, bytes))).caption));
    const batches = await metric(served, "showtell_batch_size_count");
    assert.ok(batches < 8, `${batches} batches`);
    for (const [i, bytes] of pictures.entries())
      assert.equal((await read(post(served.url, bytes))).caption, together[i]);
  });
});

test("killing worker processes during load loses no request", async () => {
  await withServer({ config: { workers: 2, threads: 2, queueWait: 60_000 } }, async (served) => {
    const { captioner } = served.service.models.find();
    let done = false;
    const killer = (async () => {
      for (let i = 0; !done; i++) {
        const { threads } = captioner.pool;
        const thread = threads[i % threads.length];
        // Not while it starts: killed faster than they can start, no workers do any work.
        await thread?.ready.catch(() => {});
        await sleep(250);
        if (thread?.pid && threads.includes(thread)) process.kill(thread.pid, "SIGKILL");
      }
    })();
    let count = 0;
    const client = async () => {
      while (captioner.workerRestarts < 3) {
        const response = await post(served.url, await picture());
        assert.equal(response.status, 200, JSON.stringify(served.logged.filter(({ err }) => err)));
        count++;
      }
    };
    try {
      await Promise.all(Array.from({ length: 6 }, client));
    } finally {
      done = true;
      await killer;
    }
    assert.ok(count > 10, `${count} requests`);
  });
});

test("a model replaced on disk is swapped in without a failed request; a broken one leaves the old in place", async () => {
  await withServer({}, async (served) => {
    const { url, folder, service } = served;
    const model = join(folder, "tiny");
    const versions = new Set<string>();
    let done = false;
    const client = async () => {
      while (!done) {
        const response = await post(url, await picture());
        assert.equal(response.status, 200);
        versions.add((await read(response)).model.version);
      }
    };
    const clients = Promise.all([client(), client(), client()]);
    assert.equal((await service.reload()).unchanged.length, 1);
    let last: Reloaded | undefined;
    for (const seed of [2, 3]) {
      await writeTinyModel(join(folder, "next"), { seed });
      await rename(model, join(folder, "before"));
      await rename(join(folder, "next"), model);
      last = await service.reload();
      await rm(join(folder, "before"), { recursive: true });
      assert.deepEqual([last.loaded.length, last.failed], [1, []]);
      await sleep(100);
    }
    await rm(join(model, "model.json"));
    assert.equal((await service.reload()).failed.length, 1);
    assert.equal((await post(url, await picture())).status, 200);
    done = true;
    await clients;
    assert.equal(versions.size, 3, [...versions].join());
  });
});
