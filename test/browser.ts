import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";

/** A Chromium: $CHROME, or the first on the path; undefined where there is none. */
export function findBrowser(): string | undefined {
  if (process.env.CHROME) return process.env.CHROME;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

type Message = { id?: number; method?: string; params?: unknown; result?: unknown; error?: { message: string } };

/** A page in a headless Chromium, driven by the DevTools protocol over a pipe. */
export class Page {
  private nextId = 1;
  private session?: string;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly events: Message[] = [];

  private constructor(
    private readonly browser: ChildProcess,
    private readonly profile: string,
  ) {
    let rest = "";
    (browser.stdio[4] as Readable).setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\0");
      rest = parts.pop()!;
      for (const part of parts) this.receive(JSON.parse(part) as Message);
    });
  }

  /** Opens a file and waits until it is loaded. */
  static async open(browser: string, file: string, { width = 1280, height = 900, dark = false } = {}): Promise<Page> {
    const profile = await mkdtemp(join(tmpdir(), "showtell-browser-"));
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run"];
    const child = spawn(browser, [...flags, `--user-data-dir=${profile}`, "about:blank"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const page = new Page(child, profile);
    const { targetId } = await page.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const attached = await page.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    page.session = attached.sessionId;
    for (const domain of ["Page", "Network", "Runtime", "Log"]) await page.send(`${domain}.enable`);
    await page.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await page.send("Emulation.setEmulatedMedia", { features });
    await page.send("Page.navigate", { url: pathToFileURL(file).href });
    while (!page.events.some(({ method }) => method === "Page.loadEventFired")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return page;
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send<{ result: { value: T }; exceptionDetails?: unknown }>(
      "Runtime.evaluate",
      { expression, returnByValue: true, awaitPromise: true },
    );
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  async press(key: string): Promise<void> {
    for (const type of ["keyDown", "keyUp"]) await this.send("Input.dispatchKeyEvent", { type, key, code: key });
  }

  async pointAt(x: number, y: number): Promise<void> {
    await this.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
  }

  /** A PNG of what the window shows. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send<{ data: string }>("Page.captureScreenshot", { format: "png" });
    return Buffer.from(data, "base64");
  }

  /** Addresses that the page asked for, data: URIs left out. */
  get requests(): string[] {
    return this.events
      .filter(({ method }) => method === "Network.requestWillBeSent")
      .map(({ params }) => (params as { request: { url: string } }).request.url)
      .filter((url) => !url.startsWith("data:"));
  }

  /** Exceptions, and what the browser logged: violations of the page's policy among them. */
  get complaints(): string[] {
    return this.events
      .filter(({ method }) => method === "Runtime.exceptionThrown" || method === "Log.entryAdded")
      .map(({ params }) => JSON.stringify(params));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.browser.on("exit", resolve));
    this.browser.kill("SIGKILL");
    await closed;
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private send<T>(method: string, params: object = {}): Promise<T> {
    const id = this.nextId++;
    const message = JSON.stringify({ id, method, params, sessionId: this.session });
    (this.browser.stdio[3] as Writable).write(`${message}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result as T),
      );
    });
  }

  private receive(message: Message): void {
    if (message.id === undefined) this.events.push(message);
    else this.waiting.get(message.id)?.(message);
  }
}
