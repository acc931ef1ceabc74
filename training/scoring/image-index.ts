import { basename, resolve } from "node:path";
import type { CaptionedImage } from "../dataset/index.js";

/** COCO's file names end in the image's number, which its results files give alone. */
const COCO_FILE = /^(?:COCO_\w+_)?(\d{12})\.jpe?g$/i;

/**
 * Finds a data set's images by the names that predictions use: the id, the file's path, its bare name, or COCO's
 * number. The first of these that is known decides; a name that fits several images finds none.
 */
export class ImageIndex {
  private readonly byId = new Map<string, CaptionedImage>();
  private readonly byFile = new Map<string, CaptionedImage>();
  private readonly byName = new Map<string, CaptionedImage | undefined>();
  private readonly byNumber = new Map<string, CaptionedImage | undefined>();

  constructor(images: readonly CaptionedImage[]) {
    for (const image of images) {
      this.byId.set(image.id, image);
      this.byFile.set(image.file, image);
      for (const name of new Set([basename(image.id), basename(image.file)])) addUnlessTwice(this.byName, name, image);
      const number = cocoNumber(image.id) ?? cocoNumber(basename(image.file));
      if (number !== undefined) addUnlessTwice(this.byNumber, number, image);
    }
  }

  find(name: string): CaptionedImage | undefined {
    return (
      this.byId.get(name) ??
      this.byFile.get(resolve(name)) ??
      this.byName.get(basename(name)) ??
      this.byNumber.get(cocoNumber(basename(name)) ?? "")
    );
  }
}

function addUnlessTwice(index: Map<string, CaptionedImage | undefined>, key: string, image: CaptionedImage): void {
  index.set(key, index.has(key) && index.get(key) !== image ? undefined : image);
}

/** "391895" of 391895 and of COCO_val2014_000000391895.jpg */
function cocoNumber(name: string): string | undefined {
  const digits = /^\d+$/.test(name) ? name : COCO_FILE.exec(name)?.[1];
  return digits?.replace(/^0+(?=\d)/, "");
}
