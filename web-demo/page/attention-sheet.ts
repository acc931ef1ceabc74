import type { TimedCaption } from "../../runtime/web/index.js";
import { glow, wordMap } from "./glow.js";

const [TILE, GAP, MARGIN, LABEL, HEAD] = [260, 14, 22, 34, 64];

/** A PNG: the picture, and once for each word with where the model looked for it. */
export async function attentionSheet(picture: Blob, { words, sentence, attention, grid }: TimedCaption): Promise<Blob> {
  const bitmap = await createImageBitmap(picture);
  const aspect = Math.min(3, Math.max(1 / 3, bitmap.width / bitmap.height));
  const [w, h] = [Math.round(TILE * Math.sqrt(aspect)), Math.round(TILE / Math.sqrt(aspect))];
  const columns = Math.max(
    2,
    Math.min(words.length + 1, Math.round(Math.sqrt(((words.length + 1) * 1.5 * (h + LABEL)) / w))),
  );
  const rows = Math.ceil((words.length + 1) / columns);
  const canvas = document.createElement("canvas");
  canvas.width = 2 * MARGIN + columns * (w + GAP) - GAP;
  canvas.height = HEAD + rows * (h + LABEL) + MARGIN;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#1c1b22";
  context.font = "600 26px Georgia, serif";
  context.fillText(sentence, MARGIN, 42, canvas.width - 2 * MARGIN);
  context.font = "18px system-ui, sans-serif";
  context.textAlign = "center";
  context.imageSmoothingQuality = "high";
  for (const [i, word] of ["", ...words].entries()) {
    const x = MARGIN + (i % columns) * (w + GAP);
    const y = HEAD + Math.floor(i / columns) * (h + LABEL);
    context.drawImage(bitmap, x, y, w, h);
    if (i === 0) continue;
    const veil = await createImageBitmap(glow(wordMap(attention, grid, i - 1), grid, bitmap.width / bitmap.height));
    context.drawImage(veil, x, y, w, h);
    context.fillText(word, x + w / 2, y + h + 22, w);
  }
  bitmap.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture could not be drawn."))), "image/png");
  });
}
