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

export interface PageOptions {
  width?: number;
  height?: number;
  dark?: boolean;
  flags?: string[];
}

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

  /**
   * Opens a file or an address and waits until it is loaded.
   * @param options.flags further flags of Chromium; with `--enable-unsafe-webgpu` among them the graphics processor is not
   * turned off
   */
  static async open(browser: string, target: string, options: PageOptions = {}): Promise<Page> {
    const { width = 1280, height = 900, dark = false, flags: more = [] } = options;
    const profile = await mkdtemp(join(tmpdir(), "showtell-browser-"));
    const flags = ["--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--no-first-run", ...more];
    if (!more.includes("--enable-unsafe-webgpu")) flags.push("--disable-gpu");
    const child = spawn(browser, [...flags, `--user-data-dir=${profile}`, "about:blank"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    const page = new Page(child, profile);
    const { targetId } = await page.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const attached = await page.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    page.session = attached.sessionId;
    for (const domain of ["Page", "Network", "Runtime", "Log"]) await page.send(`${domain}.enable`);
    await page.emulate({ width, height, dark });
    await page.go(/^https?:/.test(target) ? target : pathToFileURL(target).href);
    return page;
  }

  /** @param scale pixels of the screen to one of the page: a page at 200 % is half as wide, with a scale of 2 */
  async emulate({ width, height, dark, scale = 1 }: { width: number; height: number; dark: boolean; scale?: number }) {
    await this.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile: false });
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  /** Goes to an address, or to the same one again, and waits until it is loaded. */
  async go(url: string): Promise<void> {
    const before = this.loads();
    await this.send("Page.navigate", { url });
    while (this.loads() === before) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** The number of times that a document was loaded. */
  loads(): number {
    return this.events.filter(({ method }) => method === "Page.loadEventFired").length;
  }

  /** Chooses files in an `<input type="file">`, as the visitor does. */
  async chooseFiles(selector: string, files: string[]): Promise<void> {
    const { root } = await this.send<{ root: { nodeId: number } }>("DOM.getDocument");
    const { nodeId } = await this.send<{ nodeId: number }>("DOM.querySelector", { nodeId: root.nodeId, selector });
    await this.send("DOM.setFileInputFiles", { nodeId, files });
  }

  /** Waits until an expression in the page is true. */
  async until(expression: string, seconds = 40): Promise<void> {
    const end = Date.now() + seconds * 1000;
    // While a document is replaced by another one there is nothing to ask.
    while (!(await this.evaluate<boolean>(`Boolean(${expression})`).catch(() => false))) {
      if (Date.now() > end)
        throw new Error(`Not true after ${seconds} s: ${expression}\n${this.complaints.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
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

  /** Ends the browser's graphics process, as a fault of a driver does; every WebGPU device is lost. */
  async crashGraphics(): Promise<void> {
    await this.send("Browser.crashGpuProcess", {}, null);
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

  /** @param session of the page by default; null for the browser itself */
  private send<T>(method: string, params: object = {}, session: string | null | undefined = this.session): Promise<T> {
    const id = this.nextId++;
    const message = JSON.stringify({ id, method, params, ...(session ? { sessionId: session } : {}) });
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
