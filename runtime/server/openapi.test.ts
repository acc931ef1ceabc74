import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { findBrowser, Page } from "../../test/browser.js";
import { picture, post, read, withServer } from "../../test/served.js";
import { CaptionAnswer, Problem } from "./schemas.js";

type Json = Record<string, unknown>;

test("the document names every path that the server has, and every reference leads somewhere", async () => {
  await withServer({}, async ({ url }) => {
    const document = await read<{ openapi: string; paths: Record<string, Json>; components: { schemas: Json } }>(
      fetch(`${url}/openapi.json`),
    );
    assert.equal(document.openapi, "3.1.0");
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target ?? "");
    assert.ok(references.length > 10);
    for (const target of references) {
      const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(target) ?? [];
      assert.ok(name && name in document.components.schemas, target);
    }
    for (const [path, item] of Object.entries(document.paths)) {
      const concrete = path.replace("{model}", "tiny.encoder").replace(/\/versions\/\{version\}/, "");
      for (const method of ["get", "post"]) {
        const { status } = await fetch(url + concrete, { method });
        if (method in item) assert.ok(status !== 404 && status !== 405, `${method} ${path}: ${status}`);
        else assert.equal(status, 405, `${method} ${path}`);
      }
    }
  });
});

test("answers are what the schemas of the document say", async () => {
  await withServer({}, async ({ url }) => {
    const answer = await read<unknown>(post(url, await picture(), { query: "?attention=numbers&alternatives=2" }));
    assert.deepEqual(CaptionAnswer.parse(answer), answer, "nothing that the schema lacks");
    const problem = await read<unknown>(post(url, await picture(), { query: "?beam=x" }));
    assert.deepEqual(Problem.parse(problem), problem);
  });
});

test("metrics count what was done, by routes and not by what clients write", async () => {
  await withServer({}, async ({ url }) => {
    await post(url, await picture());
    await post(url, Buffer.from("no image"));
    for (let i = 0; i < 5; i++) await fetch(`${url}/made/up/${i}`);
    const response = await fetch(`${url}/metrics`);
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
    const text = await response.text();
    const value = (name: string) =>
      Number(
        text
          .split("\n")
          .find((line) => line.startsWith(`${name} `))
          ?.split(" ")[1],
      );
    const requests = (labels: string) => value(`showtell_http_requests_total{${labels}}`);
    assert.equal(requests('route="/v1/captions",method="POST",status="200"'), 1);
    assert.equal(requests('route="/v1/captions",method="POST",status="422"'), 1);
    assert.equal(requests('route="other",method="GET",status="404"'), 5);
    assert.equal(value("showtell_inference_seconds_count"), 1);
    assert.equal(value("showtell_image_decode_seconds_count"), 1);
    assert.equal(value("showtell_queue_length"), 0);
    assert.equal(value("showtell_ready"), 1);
    for (const name of [
      ...["nodejs_eventloop_lag_p99_seconds", "process_resident_memory_bytes", "showtell_worker_restarts"],
      ...["showtell_queue_seconds_count", "showtell_batch_size_count", "showtell_body_bytes"],
    ]) {
      assert.ok(Number.isFinite(value(name)), name);
    }
  });
});

const browser = findBrowser();

test("the page captions an image that is chosen", { skip: browser ? false : "no Chromium" }, async () => {
  await withServer({}, async ({ url, folder }) => {
    const bytes = await picture();
    const expected = await read(post(url, bytes));
    await writeFile(join(folder, "photo.png"), bytes);
    const page = await Page.open(browser ?? "", `${url}/docs`);
    try {
      const choose = `(async () => {
        const bytes = Uint8Array.from(atob("${bytes.toString("base64")}"), (c) => c.charCodeAt(0));
        const list = new DataTransfer();
        list.items.add(new File([bytes], "photo.png", { type: "image/png" }));
        const form = document.getElementById("try");
        form.image.files = list.files;
        form.attention.checked = true;
        form.requestSubmit();
        while (document.getElementById("answer").hidden) await new Promise((done) => setTimeout(done, 20));
        return document.getElementById("sentence").textContent;
      })()`;
      assert.equal(await page.evaluate(choose), expected.sentence);
      assert.ok((await page.evaluate<number>("document.getElementById('picture').naturalWidth")) > 100);
      assert.ok((await page.evaluate<number>("document.querySelectorAll('#paths tbody tr').length")) > 10);
      assert.deepEqual(page.complaints, []);
      assert.ok(page.requests.every((address) => address.startsWith(url)));
      if (process.env.SHOWTELL_SCREENSHOT) await writeFile(process.env.SHOWTELL_SCREENSHOT, await page.screenshot());
    } finally {
      await page.close();
    }
  });
});
