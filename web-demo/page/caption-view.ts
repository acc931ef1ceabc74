import type { StreamedWord, TimedCaption } from "../../runtime/web/index.js";
import { announce, element, make, reducedMotion } from "./dom.js";
import { wordMap } from "./glow.js";
import type { Stage } from "./stage.js";

/** Milliseconds between two words of a caption that is there at once. */
const PACE = 70;

/** The caption as words that can be pointed at and stepped through, and its alternatives. */
export class CaptionView {
  readonly #words = element("words");
  readonly #stage: Stage;
  #timer?: ReturnType<typeof setTimeout>;
  #maps: Float32Array[] = [];
  #grid: [number, number] = [1, 1];

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#words.addEventListener("keydown", (event) => this.#step(event));
    this.#words.addEventListener("pointerleave", () => this.#lightFocused());
    this.#words.addEventListener("focusout", () => this.#lightFocused());
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#words.replaceChildren();
    this.#maps = [];
    this.#stage.dim();
    for (const id of ["hint", "actions", "others"]) element(id).hidden = true;
  }

  /** Adds a word as it is written, and lights where the model looked for it. */
  add({ word, index, attention }: StreamedWord, grid: [number, number]): void {
    if (index < this.#maps.length) return;
    this.#grid = grid;
    this.#maps.push(attention);
    const button = make("button", {
      type: "button",
      textContent: index === 0 ? capital(word) : word,
      className: "new",
    });
    button.tabIndex = index === 0 ? 0 : -1;
    button.addEventListener("pointerenter", () => this.#light(index));
    button.addEventListener("focus", () => this.#light(index));
    this.#words.append(button);
    this.#light(index);
  }

  /** Shows a finished caption; word by word, where the visitor does not mind motion and it was not shown before. */
  show(caption: TimedCaption, shownBefore: boolean): void {
    const { words, attention, grid } = caption;
    const finish = () => {
      this.#light(-1);
      element("hint").hidden = false;
      element("actions").hidden = false;
      this.#showAlternatives(caption);
      this.#stage.describe(caption.sentence);
    };
    const next = () => {
      const index = this.#maps.length;
      if (index === words.length) return finish();
      this.add({ word: words[index]!, index, attention: wordMap(attention, grid, index) }, grid);
      if (shownBefore || reducedMotion.matches) next();
      else this.#timer = setTimeout(next, PACE);
    };
    if (!shownBefore) announce(`Caption: ${caption.sentence}`);
    next();
  }

  #showAlternatives({ alternatives, score, words }: TimedCaption): void {
    element("others").hidden = alternatives.length === 0;
    const rows = [{ caption: words.join(" "), score }, ...alternatives].slice(alternatives.length === 0 ? 1 : 0);
    const items = rows.map(({ caption, score }) => {
      const text = make("span", { textContent: caption });
      return make("li", {}, text, make("span", { className: "score", textContent: score.toFixed(2) }));
    });
    element("alternatives").replaceChildren(...items);
  }

  #light(index: number): void {
    for (const [i, button] of [...this.#words.children].entries()) button.classList.toggle("on", i === index);
    const map = this.#maps[index];
    if (map) this.#stage.light(map, this.#grid);
    else this.#stage.dim();
  }

  #lightFocused(): void {
    // The focus has not moved on yet.
    requestAnimationFrame(() => this.#light([...this.#words.children].indexOf(document.activeElement as Element)));
  }

  #step(event: KeyboardEvent): void {
    const buttons = [...this.#words.children] as HTMLButtonElement[];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const moves: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 };
    const to = buttons[moves[event.key] ?? -1];
    if (!to) return;
    event.preventDefault();
    for (const button of buttons) button.tabIndex = button === to ? 0 : -1;
    to.focus();
  }
}

function capital(word: string): string {
  return word.slice(0, 1).toLocaleUpperCase("en") + word.slice(1);
}
