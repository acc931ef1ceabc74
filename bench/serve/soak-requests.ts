import { exchange, FINE } from "../../test/hostile/exchange.js";
import { attacks } from "../../test/hostile/requests.js";
import { smallJpegs } from "./images.js";

/** Counts outcomes, each by what was sent and what came back, and those that must not be. */
export class Outcomes {
  readonly counts = new Map<string, number>();
  readonly unexpected = new Map<string, number>();

  add(kind: string, outcome: string | number, isExpected: boolean): void {
    const name = `${kind}: ${outcome}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    if (!isExpected) this.unexpected.set(name, (this.unexpected.get(name) ?? 0) + 1);
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }
}

type Body = Uint8Array<ArrayBuffer>;

interface Kind {
  name: string;
  /** How often it is sent, beside the others. */
  share: number;
  send(): Promise<void>;
}

/** Requests as a server gets them, mixed: `next` sends one of some kind. */
export async function mixedRequests(url: string, random: () => number, outcomes: Outcomes) {
  const images = (await smallJpegs(128)) as Body[];
  const hostile = await attacks();
  const port = Number(new URL(url).port);
  const { models } = (await (await fetch(`${url}/v1/models`)).json()) as { models: { name: string }[] };
  const encoder = `${url}/v2/models/${models[0]?.name}.encoder`;
  const { inputs } = (await (await fetch(encoder)).json()) as { inputs: { name: string; shape: number[] }[] };
  const shape = [1, ...(inputs[0]?.shape.slice(1) ?? [])];
  const pixels = new Uint8Array(shape.reduce((size, extent) => size * extent, 1)).map((_, i) => (i * 7919) % 256);
  const pick = () => Math.floor(random() * images.length);
  /** The first caption of each image and search: any later one has to be the same. */
  const captions = new Map<string, string>();

  function check(kind: string, search: string, image: number, caption: string): void {
    const key = `${search} ${image}`;
    const known = captions.get(key) ?? caption;
    captions.set(key, known);
    outcomes.add(kind, known === caption ? 200 : "another caption", known === caption);
  }

  async function caption(kind: string, image: number, init: RequestInit): Promise<void> {
    const response = await fetch(`${url}/v1/captions`, { method: "POST", ...init });
    const answer = (await response.json()) as { caption: string };
    if (response.status === 200) check(kind, "beam", image, answer.caption);
    else outcomes.add(kind, response.status, response.status === 503);
  }

  const jpeg = { "content-type": "image/jpeg" };
  const base64 = (image: number) => Buffer.from(images[image] ?? []).toString("base64");
  const kinds: Kind[] = [
    {
      name: "raw body",
      share: 25,
      send() {
        const image = pick();
        return caption(this.name, image, { body: images[image], headers: jpeg });
      },
    },
    {
      name: "form",
      share: 10,
      send() {
        const image = pick();
        const body = new FormData();
        body.append("image", new Blob([images[image] ?? ""]), "photo.jpg");
        return caption(this.name, image, { body });
      },
    },
    {
      name: "JSON",
      share: 10,
      send() {
        const image = pick();
        const headers = { "content-type": "application/json" };
        return caption(this.name, image, { body: JSON.stringify({ image: base64(image) }), headers });
      },
    },
    {
      name: "stream",
      share: 12,
      async send() {
        const image = pick();
        const headers = { ...jpeg, accept: "text/event-stream" };
        const response = await fetch(`${url}/v1/captions`, { method: "POST", body: images[image], headers });
        const text = await response.text();
        if (response.status !== 200) return outcomes.add(this.name, response.status, response.status === 503);
        const [, data] = /event: caption\ndata: (.*)\n/.exec(text) ?? [];
        if (!data) return outcomes.add(this.name, "no caption", false);
        check(this.name, "greedy", image, (JSON.parse(data) as { caption: string }).caption);
      },
    },
    {
      name: "client that leaves",
      share: 12,
      async send() {
        const signal = AbortSignal.timeout(1 + Math.floor(random() * 80));
        const init = { method: "POST", body: images[pick()], headers: jpeg, signal };
        const outcome = await fetch(`${url}/v1/captions`, init).then(
          async (response) => response.arrayBuffer().then(() => response.status),
          () => "left",
        );
        outcomes.add(this.name, outcome, ["left", 200, 503].includes(outcome));
      },
    },
    {
      name: "hostile",
      share: 15,
      async send() {
        const attack = hostile[Math.floor(random() * hostile.length)];
        const outcome = attack ? await exchange(port, attack.make(random)) : "none";
        const isFine = FINE.has(outcome as number);
        outcomes.add(isFine ? this.name : (attack?.name ?? ""), outcome, isFine);
      },
    },
    {
      name: "tensors",
      share: 10,
      async send() {
        const tensor = {
          name: inputs[0]?.name,
          shape,
          datatype: "UINT8",
          parameters: { binary_data_size: pixels.length },
        };
        const head = Buffer.from(JSON.stringify({ inputs: [tensor], parameters: { binary_data_output: true } }));
        const headers = {
          "content-type": "application/octet-stream",
          "inference-header-content-length": String(head.length),
        };
        const body = Buffer.concat([head, pixels]);
        const response = await fetch(`${encoder}/infer`, { method: "POST", body, headers });
        await response.arrayBuffer();
        outcomes.add(this.name, response.status, response.status === 200 || response.status === 503);
      },
    },
    {
      name: "questions",
      share: 6,
      async send() {
        const paths = ["/health/live", "/health/ready", "/v1/models", "/openapi.json", "/docs", "/v2"];
        const response = await fetch(url + paths[Math.floor(random() * paths.length)]);
        await response.arrayBuffer();
        outcomes.add(this.name, response.status, response.status === 200);
      },
    },
  ];
  const drawn = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));

  /** Sends a request of some kind and counts what comes back. */
  async function next(): Promise<void> {
    const kind = drawn[Math.floor(random() * drawn.length)];
    await kind?.send().catch((error: unknown) => {
      const { cause = error } = error as { cause?: { code?: string; message?: string } };
      outcomes.add(kind.name, (cause as { code?: string }).code ?? String(cause), false);
    });
  }
  return { next };
}
