import sharp from "sharp";
import { hugePng } from "../malformed/images.js";
import { requestBytes, type Sent } from "./exchange.js";

type Random = () => number;

/** A kind of hostile request. */
export interface Attack {
  name: string;
  /** Makes one, another each time. */
  make(random: Random): Sent;
}

const CAPTIONS = "/v1/captions";
const INFER = "/v2/models/tiny.encoder/infer";
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
const whole = (random: Random, below: number) => Math.floor(random() * below);
const one = (bytes: Buffer | string, more: Partial<Sent> = {}): Sent => ({ parts: [bytes], ...more });

/** Bytes with a few of them changed, left out, doubled or cut off. */
function mutate(random: Random, bytes: Buffer): Buffer {
  let result = Buffer.from(bytes);
  for (let i = whole(random, 6); i >= 0; i--) {
    const at = whole(random, result.length);
    const length = 1 + whole(random, 40);
    const kind = whole(random, 4);
    if (kind === 0) result[at] = whole(random, 256);
    else if (kind === 1) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else if (kind === 2) result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
    else result = result.subarray(0, Math.max(1, at));
    if (result.length === 0) return Buffer.from([0]);
  }
  return result;
}

function nested(random: Random): string {
  const depth = 10 ** (2 + whole(random, 4));
  const [open, close] = pick(random, [
    ["[", "]"],
    ['{"a":', "}"],
  ]) as [string, string];
  return `{"image":${open.repeat(depth)}1${random() < 0.5 ? close.repeat(depth) : ""}}`;
}

const PATHS = [
  "/../../../etc/passwd",
  "/..%2f..%2fetc%2fpasswd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "//etc/passwd",
  "/docs/../../package.json",
  "/docs/page.js/..%5c..%5cpackage.json",
  "/%00",
  "/%",
  "/%ff%fe",
  "/v1/captions/%2e%2e/",
  "/v2/models/__proto__",
  "/v2/models/constructor.encoder/infer",
  "/v2/models/..%2f..%2f/ready",
  "/v2/models/tiny.encoder/versions/..%2f..",
  "http://169.254.169.254/latest/meta-data",
  `/${"a/".repeat(4000)}`,
];

const POLLUTION = [
  '{"image":"aaaa","__proto__":{"beam":9,"admin":true}}',
  '{"__proto__":{"image":"aaaa"},"image":"aaaa"}',
  '{"image":"aaaa","constructor":{"prototype":{"admin":true}}}',
  '{"images":{"__proto__":["aaaa"],"length":1}}',
  '{"inputs":[{"name":"__proto__","shape":[1],"datatype":"UINT8","data":[1]}]}',
  '{"inputs":[{"name":"constructor","shape":[1],"datatype":"UINT8","data":[1]}],"parameters":{"__proto__":{"x":1}}}',
];

const NO_HTTP = [
  "GET / HTTP/9.9\r\n\r\n",
  "\r\n\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "GET /health/live\r\n\r\n",
  "BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\n : 1\r\n\r\n",
  "POST /v1/captions HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "POST /v1/captions HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
  "POST /v1/captions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
  "POST /v1/captions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\nContent-Type: image/png\r\n\r\n",
  "POST /v1/captions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: image/png\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
  "POST /v1/captions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: image/png\r\n\r\nffffffff\r\nabc",
];

const BOUNDARY = "multipart/form-data; boundary=b";
const FORM_TYPES = [
  "multipart/form-data",
  "multipart/form-data; boundary=",
  `multipart/form-data; boundary=${"b".repeat(3000)}`,
  "multipart/form-data; boundary=c",
  'multipart/form-data; boundary="b',
  "multipart/mixed; boundary=b",
];

/** Every kind of attack, on images that a server would otherwise caption. */
export async function attacks(): Promise<Attack[]> {
  const base = sharp({ create: { width: 64, height: 48, channels: 3, background: "teal" } });
  const formats = ["jpeg", "png", "webp", "gif", "avif"] as const;
  const images = await Promise.all(
    formats.map(async (format) => ({ type: `image/${format}`, bytes: await base.clone().toFormat(format).toBuffer() })),
  );
  const bomb = await sharp({ create: { width: 6000, height: 5000, channels: 3, background: "black" } })
    .png()
    .toBuffer();
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd"/></svg>',
  );
  const photo = images[0]?.bytes ?? Buffer.alloc(0);
  const part = (name: string, body: Buffer | string, more = "") =>
    Buffer.concat([
      Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"; filename="x"${more}\r\n\r\n`),
      Buffer.from(body),
      Buffer.from("\r\n"),
    ]);
  const form = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.from("--b--\r\n")]);
  const json = (path: string, body: string | Buffer) =>
    one(requestBytes(path, { "content-type": "application/json" }, body));
  const good = form(part("image", photo));

  return [
    {
      name: "damaged images",
      make: (random) => {
        const { type, bytes } = pick(random, images);
        return one(requestBytes(CAPTIONS, { "content-type": type }, mutate(random, bytes)));
      },
    },
    {
      name: "images that lie",
      make: (random) => {
        const body = pick(random, [
          hugePng(),
          hugePng(1, 2 ** 31 - 1),
          hugePng(0, 0),
          bomb,
          svg,
          Buffer.concat([photo.subarray(0, 64), svg]),
          Buffer.concat([Buffer.from("GIF89a"), photo]),
          Buffer.alloc(1 + whole(random, 100_000), whole(random, 256)),
        ]);
        const { type } = pick(random, images);
        return one(
          requestBytes(
            CAPTIONS,
            { "content-type": pick(random, [type, type, type, type, "image/svg+xml", "text/html"]) },
            body,
          ),
        );
      },
    },
    {
      name: "malformed forms",
      make: (random) => {
        const many = Array.from({ length: 30 }, (_, i) => part(`f${i}`, "1"));
        const body = pick(random, [
          mutate(random, good),
          good.subarray(0, whole(random, good.length)),
          form(...many),
          form(part("image", photo, "; ".repeat(20_000))),
          form(part("__proto__", "1"), part("image", photo)),
          form(part("image", Buffer.alloc(250_000, 1))),
          Buffer.from("--b\r\n".repeat(2000)),
          Buffer.from(`--b\r\n${"X-Header: 1\r\n".repeat(5000)}\r\n--b--`),
        ]);
        return one(requestBytes(CAPTIONS, { "content-type": pick(random, [BOUNDARY, BOUNDARY, ...FORM_TYPES]) }, body));
      },
    },
    {
      name: "deep and strange JSON",
      make: (random) =>
        json(
          pick(random, [CAPTIONS, INFER]),
          pick(random, [
            nested(random),
            mutate(random, Buffer.from(JSON.stringify({ image: photo.toString("base64"), beam: 2 }))),
            '{"image":1e999}',
            `{"image":"${"a".repeat(200_000)}"}`,
            `{"images":[${'"aaaa",'.repeat(5000)}"aaaa"]}`,
            '{"image":"aaaa","beam":1e308,"alternatives":-0,"max_length":0.5}',
            '"text"',
            "null",
            "\ufeff{}",
            Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]),
          ]),
        ),
    },
    { name: "prototype pollution", make: (random) => json(pick(random, [CAPTIONS, INFER]), pick(random, POLLUTION)) },
    {
      name: "strange options",
      make: (random) => {
        const names = [
          "beam",
          "alternatives",
          "max_length",
          "attention",
          "model",
          "__proto__",
          "constructor[prototype]",
        ];
        const values = ["-1", "1e9", "NaN", "%00", "%ff", "a".repeat(500), "[]", "tiny@", "@", "..%2f", "null"];
        const query = Array.from(
          { length: 1 + whole(random, 4) },
          () => `${pick(random, names)}=${pick(random, values)}`,
        );
        return one(requestBytes(`${CAPTIONS}?${query.join("&")}`, { "content-type": "image/jpeg" }, photo));
      },
    },
    {
      name: "paths",
      make: (random) => {
        const method = pick(random, ["GET", "POST", "DELETE", "OPTIONS", "TRACE"]);
        return one(`${method} ${pick(random, PATHS)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      },
    },
    { name: "no HTTP", make: (random) => one(Buffer.from(pick(random, NO_HTTP), "latin1"), { end: true }) },
    {
      name: "header floods",
      make: (random) => {
        const count = pick(random, [90, 2500]);
        const flood = Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, "y".repeat(8)]));
        const large = { "x-large": "z".repeat(pick(random, [1000, 20_000])) };
        return one(requestBytes(CAPTIONS, { "content-type": "image/jpeg", ...pick(random, [flood, large]) }, photo));
      },
    },
    {
      name: "wrong lengths",
      make: (random) => {
        const length = pick(random, ["1", String(photo.length - 1), String(photo.length + 1000), "0", "1073741824"]);
        return one(requestBytes(CAPTIONS, { "content-type": "image/jpeg", "content-length": length }, photo), {
          end: true,
        });
      },
    },
    {
      name: "slow bodies",
      make: (random) => {
        const bytes = requestBytes(CAPTIONS, { "content-type": pick(random, ["image/jpeg", BOUNDARY]) }, photo);
        const cut = bytes.indexOf("\r\n\r\n") + 4 + whole(random, 100);
        const drops = Array.from({ length: 6 }, (_, i) => bytes.subarray(cut + i, cut + i + 1));
        return { parts: [bytes.subarray(0, cut), ...drops], pause: 100 };
      },
    },
    {
      name: "tensors",
      make: (random) => {
        const input = {
          name: pick(random, ["image", "image", "token", "__proto__"]),
          shape: pick(random, [[1, 32, 32, 3], [0, 32, 32, 3], [2 ** 31 - 1, 32, 32, 3], [1], [-1, 32, 32, 3], [1.5]]),
          datatype: pick(random, ["UINT8", "UINT8", "FP32", "INT64", "BYTES"]),
          parameters: pick(random, [
            undefined,
            { binary_data_size: 3072 },
            { binary_data_size: -1 },
            { binary_data_size: 1e12 },
          ]),
          data: pick(random, [undefined, [], [[[]]], [1, "2"], Array(3072).fill(300), Array(3072).fill(1)]),
        };
        const head = JSON.stringify({ inputs: [input] });
        const border = pick(random, [String(head.length), "0", "99999999", "-1", "x", String(head.length - 1)]);
        const headers = { "content-type": "application/octet-stream", "inference-header-content-length": border };
        return one(requestBytes(INFER, headers, Buffer.concat([Buffer.from(head), Buffer.alloc(3072)])));
      },
    },
  ];
}
