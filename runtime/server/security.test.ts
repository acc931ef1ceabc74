import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { picture, post, read, withServer } from "../../test/served.js";
import { ImageFetcher, isPublicAddress, newApiKey, type Problem } from "./index.js";

test("with keys only those who have one get in; of keys the file has hashes alone; each has its own rate", async () => {
  const path = join(tmpdir(), `showtell-keys-${process.pid}.jsonl`);
  const [user, admin] = [newApiKey("user"), newApiKey("boss", true)];
  const slow = newApiKey("slow");
  const limited = JSON.stringify({ ...JSON.parse(slow.line), rate: 0.001 });
  await writeFile(path, `# keys\n${user.line}\n${admin.line}\n${limited}\n`);
  await withServer({ config: { keys: path, burst: 2 } }, async ({ url, logged }) => {
    const bytes = await picture();
    const status = async (headers: Record<string, string>) => (await post(url, bytes, { headers })).status;
    const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
    for (const wrong of [{}, bearer("x"), bearer(`${user.key}x`), { "x-api-key": "" }, { authorization: user.key }]) {
      const response = await post(url, bytes, { headers: wrong as Record<string, string> });
      assert.equal(response.status, 401);
      assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
      assert.equal((await read<Problem>(response)).code, "UNAUTHORIZED");
    }
    assert.equal(await status(bearer(user.key)), 200);
    assert.equal(await status({ "x-api-key": user.key }), 200);
    for (const path of ["/metrics", "/v1/models"]) {
      assert.equal((await fetch(url + path)).status, 401);
      assert.equal((await fetch(url + path, { headers: bearer(user.key) })).status, 200);
    }
    assert.equal((await fetch(`${url}/health/ready`)).status, 200);
    const reload = (key: string) => fetch(`${url}/admin/reload`, { method: "POST", headers: bearer(key) });
    assert.deepEqual([(await reload(user.key)).status, (await reload(admin.key)).status], [403, 200]);

    assert.deepEqual([await status(bearer(slow.key)), await status(bearer(slow.key))], [200, 200]);
    const response = await post(url, bytes, { headers: bearer(slow.key) });
    assert.deepEqual([response.status, (await read<Problem>(response)).code], [429, "RATE_LIMITED"]);
    assert.ok(Number(response.headers.get("retry-after")) > 900);
    assert.equal(await status(bearer(user.key)), 200, "others are not held up");
    assert.ok(logged.some(({ client }) => client === "user"));
    assert.ok(!JSON.stringify(logged).includes(user.key));
  });
});

test("without keys the rate is counted by address", async () => {
  await withServer({ config: { rate: 0.01, burst: 3 } }, async ({ url }) => {
    const bytes = await picture();
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await post(url, bytes)).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    assert.equal((await fetch(`${url}/health/live`)).status, 200);
  });
});

test("pages of other origins get in only where they are allowed", async () => {
  const ask = (url: string, origin: string) =>
    fetch(`${url}/v1/captions`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  await withServer({}, async ({ url }) => {
    const response = await ask(url, "https://a.example");
    assert.deepEqual([response.status, response.headers.get("access-control-allow-origin")], [405, null]);
  });
  await withServer({ config: { cors: ["https://a.example"] } }, async ({ url }) => {
    const allowed = await ask(url, "https://a.example");
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get("access-control-allow-origin"), "https://a.example");
    assert.equal((await ask(url, "https://b.example")).headers.get("access-control-allow-origin"), null);
    const posted = await post(url, await picture(), { headers: { origin: "https://a.example" } });
    assert.equal(posted.headers.get("access-control-allow-origin"), "https://a.example");
    assert.equal(posted.headers.get("access-control-allow-credentials"), null);
  });
});

test("public addresses are told from all others", () => {
  const others =
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 192.0.2.1 " +
    "198.18.0.1 ::1 :: fe80::1 fc00::1 fd00:ec2::254 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 " +
    "2002:7f00:1:: 2001:db8::1 2001::1 nonsense";
  for (const address of others.split(" ")) assert.equal(isPublicAddress(address), false, address);
  for (const address of ["8.8.8.8", "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]) {
    assert.equal(isPublicAddress(address), true, address);
  }
});

/** A host of images on this machine. */
async function withHost(listener: RequestListener, use: (port: number) => Promise<void>): Promise<void> {
  const host = createServer(listener);
  await new Promise<void>((resolve) => {
    host.listen(0, "127.0.0.1", resolve);
  });
  try {
    await use((host.address() as AddressInfo).port);
  } finally {
    host.closeAllConnections();
    await new Promise((resolve) => host.close(resolve));
  }
}

test("images are fetched from hosts that are allowed, under every rule, also after redirects", async () => {
  const bytes = await picture();
  const seen: string[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(request.url ?? "");
    const to = (location: string) => response.writeHead(302, { location }).end();
    if (request.url === "/image") response.end(bytes);
    else if (request.url === "/once") to("/image");
    else if (request.url === "/loop") to("/loop");
    else if (request.url === "/away") to("http://other.test/image");
    else if (request.url === "/inward") to("http://169.254.169.254/latest/meta-data");
    else if (request.url === "/file") to("file:///etc/passwd");
    else if (request.url === "/huge") response.end(Buffer.alloc(30_000));
    else if (request.url === "/claims") response.writeHead(200, { "content-length": "99999" }).write("x");
    else if (request.url === "/slow") response.write("x");
    else response.writeHead(404).end();
  };
  await withHost(listener, async (port) => {
    // The only names that exist; all of them are this machine's loopback address.
    const resolve = ((_name: string, _options: object, done: (error: null, found: object[]) => void) =>
      done(null, [{ address: "127.0.0.1", family: 4 }])) as never;
    const hosts = [`images.test:${port}`, "169.254.169.254"];
    const rules = { hosts, maxBytes: 20_000, time: 500, resolve, allowAddress: (a: string) => a === "127.0.0.1" };
    const fetcher = new ImageFetcher(rules);
    const { signal } = new AbortController();
    const at = (path: string) => fetcher.fetch(`http://images.test:${port}${path}`, signal);
    assert.deepEqual(await at("/image"), bytes);
    assert.deepEqual(await at("/once"), bytes);
    const refused: [string, RegExp, string][] = [
      ["/loop", /redirects too often/, "URL_REFUSED"],
      ["/away", /other\.test is not allowed/, "URL_REFUSED"],
      ["/inward", /not a public one/, "URL_REFUSED"],
      ["/file", /only http and https/, "URL_REFUSED"],
      ["/absent", /answers 404/, "URL_REFUSED"],
      ["/huge", /over 20000 bytes/, "REQUEST_TOO_LARGE"],
      ["/claims", /over 20000 bytes/, "REQUEST_TOO_LARGE"],
      ["/slow", /not there within 0.5 s/, "URL_REFUSED"],
    ];
    for (const [path, message, code] of refused) await assert.rejects(at(path), { code, message }, path);
    for (const address of ["ftp://images.test/", "http://u:p@images.test/", "http://elsewhere.test/", "//x", "\0"]) {
      await assert.rejects(fetcher.fetch(address, signal), { code: "URL_REFUSED" }, address);
    }

    // A name that is allowed and resolves inward never gets a connection, with the rules that are the default.
    seen.length = 0;
    const strict = new ImageFetcher({ ...rules, allowAddress: undefined });
    await assert.rejects(strict.fetch(`http://images.test:${port}/image`, signal), /not a public one/);
    // One public address among private ones is no way around it.
    const mixed = ((_name: string, _options: object, done: (error: null, found: object[]) => void) =>
      done(null, [
        { address: "93.184.216.34", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ])) as never;
    const mixing = new ImageFetcher({ ...rules, allowAddress: undefined, resolve: mixed });
    await assert.rejects(mixing.fetch(`http://images.test:${port}/image`, signal), /not a public one/);
    assert.deepEqual(seen, []);

    await withServer({ parts: { fetcher } }, async ({ url }) => {
      const ask = (address: string) =>
        fetch(`${url}/v1/captions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ url: address }),
        });
      const direct = await read(post(url, bytes));
      assert.equal((await read(ask(`http://images.test:${port}/image`))).caption, direct.caption);
      const answer = await ask(`http://images.test:${port}/away`);
      assert.deepEqual([answer.status, (await read<Problem>(answer)).code], [422, "URL_REFUSED"]);
    });
  });
});
