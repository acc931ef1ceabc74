import type { TimedCaption } from "../../runtime/web/index.js";
import { element, make } from "./dom.js";

/** A picture of the list. */
export interface Entry {
  name: string;
  blob: Blob;
  url: string;
  caption?: TimedCaption;
  /** Why it has no caption. */
  failure?: string;
}

/** The pictures of this visit. */
export class Entries {
  readonly all: Entry[] = [];
  current?: Entry;
  readonly #onChoose: (entry: Entry) => void;

  constructor(onChoose: (entry: Entry) => void) {
    this.#onChoose = onChoose;
  }

  add(name: string, blob: Blob): Entry {
    const entry = { name, blob, url: URL.createObjectURL(blob) };
    this.all.push(entry);
    return entry;
  }

  clear(): void {
    for (const { url } of this.all) URL.revokeObjectURL(url);
    this.all.length = 0;
    this.current = undefined;
    this.draw();
  }

  /** Shows the list, which is of use from two pictures on. */
  draw(): void {
    element("list").hidden = this.all.length < 2;
    const had = document.activeElement?.closest("#entries")
      ? [...document.querySelectorAll("#entries button")].indexOf(document.activeElement as Element)
      : -1;
    element("entries").replaceChildren(
      ...this.all.map((entry) => {
        const image = make(entry.failure ? "span" : "img", entry.failure ? { className: "no" } : {});
        if (image instanceof HTMLImageElement) [image.src, image.alt] = [entry.url, ""];
        const text = entry.caption?.sentence ?? entry.failure ?? "waiting …";
        const words = make(
          "span",
          {},
          make("span", { className: entry.failure ? "failed" : "", textContent: text }),
          make("span", { className: "name", textContent: entry.name }),
        );
        const button = make("button", { type: "button" }, image, words);
        button.setAttribute("aria-current", String(entry === this.current));
        button.addEventListener("click", () => this.#onChoose(entry));
        return make("li", {}, button);
      }),
    );
    document.querySelectorAll<HTMLButtonElement>("#entries button")[had]?.focus();
  }
}
