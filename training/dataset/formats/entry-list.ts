import type { Entry, Split } from "../types.js";

/** Gathers captions that stand on lines of their own into one entry an image. */
export class EntryList {
  private readonly byImage = new Map<string, Entry>();
  private readonly broken: string[] = [];

  /** @param file name of the caption file, for messages */
  constructor(private readonly file: string) {}

  fault(line: number, reason: string): void {
    this.broken.push(`${this.file}:${line}: ${reason}`);
  }

  add(line: number, image: string, captions: unknown[], split?: Split): void {
    const entry = this.byImage.get(image) ?? { image, captions: [] };
    this.byImage.set(image, entry);
    for (const caption of captions) {
      if (isCaption(caption)) entry.captions.push(caption.trim());
      else if (typeof caption !== "string" || caption.trim() !== "") this.fault(line, "a caption without a word");
    }
    if (split && entry.split && entry.split !== split) this.fault(line, `${image} is in ${entry.split} already`);
    else if (split) entry.split = split;
  }

  /** Puts an image, which may have no captions at all, in one part. */
  assign(place: { file: string; line: number }, image: string, split: Split): void {
    const entry = this.byImage.get(image) ?? { image, captions: [] };
    this.byImage.set(image, entry);
    if (entry.split && entry.split !== split) {
      this.broken.push(`${place.file}:${place.line}: ${image} is in ${entry.split} already`);
    } else entry.split = split;
  }

  result(): { entries: Entry[]; broken: string[] } {
    return { entries: [...this.byImage.values()], broken: this.broken };
  }
}

/** Whether a value is a text with at least one letter or digit. */
export const isCaption = (value: unknown): value is string => typeof value === "string" && /[\p{L}\p{N}]/u.test(value);
