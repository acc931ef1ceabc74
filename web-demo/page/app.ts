import type { TimedCaption } from "../../runtime/web/index.js";
import { attentionSheet } from "./attention-sheet.js";
import { setUpCamera } from "./camera.js";
import { CaptionView } from "./caption-view.js";
import { announce, element, make, notice, saveFile } from "./dom.js";
import { Engine } from "./engine.js";
import { Entries, type Entry } from "./entries.js";
import { altTextOf, csvOf } from "./export.js";
import { type Given, setUpIntake } from "./intake.js";
import { plainSentence } from "./sentences.js";
import { site } from "./site.js";
import { Stage } from "./stage.js";

const BEAMS = [1, 2, 3, 5, 8];

/** The page: what the visitor does, and what is shown for it. */
export class App {
  readonly #stage = new Stage();
  readonly #view = new CaptionView(this.#stage);
  readonly #entries = new Entries((entry) => this.#choose(entry));
  #engine!: Engine;
  #work = Promise.resolve();

  start(): void {
    const beam = element<HTMLSelectElement>("beam");
    for (const width of BEAMS)
      beam.append(make("option", { value: `${width}`, textContent: width === 1 ? "1 (greedy)" : `${width}` }));
    beam.value = "3";
    const model = element<HTMLSelectElement>("model");
    for (const { name } of site.models) model.append(make("option", { value: name, textContent: name }));
    element("model-field").hidden = site.models.length < 2;
    this.#engine = new Engine();

    setUpIntake((pictures) => this.#take(pictures));
    setUpCamera((name, blob) => this.#take([{ name, blob }]));
    beam.addEventListener("change", () => this.#again());
    for (const id of ["device", "model"]) {
      element(id).addEventListener("change", () => {
        this.#engine.change();
        this.#again();
      });
    }
    this.#setUpActions();
    element("waiting").hidden = false;
    const saving = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData;
    if (!saving) this.#engine.load().catch(() => {});
  }

  #take(pictures: Given[]): void {
    notice("");
    const added = pictures.map(({ name, blob }) => this.#entries.add(name, blob));
    const [first] = added;
    if (first) this.#choose(first);
    for (const entry of added) this.#queue(entry);
  }

  /** Captions the current picture anew, after a setting was changed. */
  #again(): void {
    const { current } = this.#entries;
    if (!current) {
      this.#engine.load().catch(() => {});
      return;
    }
    current.caption = undefined;
    this.#choose(current);
    this.#queue(current);
  }

  #queue(entry: Entry): void {
    this.#work = this.#work.then(() => this.#caption(entry));
  }

  async #caption(entry: Entry): Promise<void> {
    try {
      const captioner = await this.#engine.load();
      const beam = Number(element<HTMLSelectElement>("beam").value);
      if (beam === 1) {
        const words = captioner.stream(entry.blob);
        let next = await words.next();
        for (; !next.done; next = await words.next()) {
          if (entry === this.#entries.current)
            this.#view.add(next.value, captioner.manifest.backbone.featureShape.grid);
        }
        entry.caption = next.value;
      } else {
        entry.caption = await captioner.caption(entry.blob, { beam, alternatives: beam - 1 });
      }
      entry.failure = undefined;
      if (entry === this.#entries.current) this.#show(entry.caption, false);
    } catch (error) {
      entry.failure = plainSentence(error);
      if (entry === this.#entries.current) this.#fail(entry);
      else announce(`${entry.name}: ${entry.failure}`);
    }
    this.#entries.draw();
  }

  #choose(entry: Entry): void {
    this.#entries.current = entry;
    this.#view.clear();
    notice("");
    element("facts").replaceChildren();
    element("waiting").hidden = true;
    this.#stage.show(entry.failure ? undefined : entry.url, entry.caption?.sentence);
    if (entry.caption) this.#show(entry.caption, true);
    else if (entry.failure) this.#fail(entry);
    this.#entries.draw();
  }

  #fail(entry: Entry): void {
    this.#stage.show(undefined);
    notice(`${entry.name}: ${entry.failure}`);
  }

  #show(caption: TimedCaption, shownBefore: boolean): void {
    this.#view.show(caption, shownBefore);
    const { picture, encoder, decoder } = caption.timings;
    const facts: [string, string][] = [
      ["Runs on", this.#engine.describe()],
      ["Picture", `${picture.toFixed(0)} ms to read and scale`],
      ["Encoder", `${encoder.toFixed(0)} ms`],
      ["Decoder", `${decoder.toFixed(0)} ms for ${caption.words.length} words`],
      ["Score", caption.score.toFixed(3)],
    ];
    element("facts").replaceChildren(
      ...facts.flatMap(([term, value]) => [make("dt", { textContent: term }), make("dd", { textContent: value })]),
    );
  }

  #setUpActions(): void {
    const current = () => this.#entries.current?.caption;
    element("copy").addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(current()?.sentence ?? "");
        announce("Caption copied.");
        element("copy").textContent = "Copied";
        setTimeout(() => (element("copy").textContent = "Copy"), 2000);
      } catch {
        notice("The browser did not allow copying. Select the caption and copy it yourself.");
      }
    });
    element("speak").hidden = !("speechSynthesis" in globalThis);
    element("speak").addEventListener("click", () => {
      speechSynthesis.cancel();
      const speech = new SpeechSynthesisUtterance(current()?.sentence);
      speech.lang = "en";
      speechSynthesis.speak(speech);
    });
    element("save").addEventListener("click", async () => {
      const { current: entry } = this.#entries;
      if (!entry?.caption) return;
      try {
        saveFile(`${entry.name.replace(/\.\w+$/, "")}-attention.png`, await attentionSheet(entry.blob, entry.caption));
      } catch (error) {
        notice(plainSentence(error));
      }
    });
    element("export-csv").addEventListener("click", () => {
      saveFile("captions.csv", new Blob([csvOf(this.#entries.all)], { type: "text/csv" }));
    });
    element("export-html").addEventListener("click", () => {
      saveFile("alt-texts.html", new Blob([altTextOf(this.#entries.all)], { type: "text/html" }));
    });
    element("clear").addEventListener("click", () => {
      this.#entries.clear();
      this.#view.clear();
      this.#stage.show(undefined);
      notice("");
      element("facts").replaceChildren();
      element("waiting").hidden = false;
      element("result").focus();
    });
  }
}
