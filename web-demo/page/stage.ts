import { element } from "./dom.js";
import { glow } from "./glow.js";

/** The picture, and over it where the model looked for a word. */
export class Stage {
  readonly #photo = element<HTMLImageElement>("photo");
  readonly #canvas = element<HTMLCanvasElement>("glow");

  /** Shows a picture by its address; nothing with undefined. */
  show(url: string | undefined, alt = ""): void {
    element("view").hidden = url === undefined;
    element("empty").hidden = url !== undefined;
    element("frame").classList.toggle("full", url !== undefined);
    this.dim();
    if (url !== undefined && this.#photo.src !== url) this.#photo.src = url;
    this.#photo.alt = alt;
  }

  describe(sentence: string): void {
    this.#photo.alt = sentence;
  }

  light(attention: Float32Array, grid: [number, number]): void {
    const { naturalWidth, naturalHeight } = this.#photo;
    const veil = glow(attention, grid, naturalWidth / naturalHeight || 1);
    this.#canvas.width = veil.width;
    this.#canvas.height = veil.height;
    this.#canvas.getContext("2d")?.putImageData(veil, 0, 0);
    this.#canvas.classList.add("on");
  }

  dim(): void {
    this.#canvas.classList.remove("on");
  }
}
