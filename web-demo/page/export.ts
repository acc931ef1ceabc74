import type { Entry } from "./entries.js";

/** The captions as RFC 4180 has it, with a line for each picture. */
export function csvOf(entries: Entry[]): string {
  const rows = entries.map(({ name, caption, failure }) => [
    name,
    caption?.sentence ?? "",
    caption ? caption.score.toFixed(4) : "",
    failure ?? "",
  ]);
  return `${[["image", "caption", "score", "error"], ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}

/** A spreadsheet would run a cell that begins with one of these as a formula. */
function cell(value: string): string {
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** An img element for each picture that has a caption, with the caption as its alternative text. */
export function altTextOf(entries: Entry[]): string {
  const lines = entries
    .filter(({ caption }) => caption)
    .map(({ name, caption }) => `<img src="${attribute(name)}" alt="${attribute(caption?.sentence ?? "")}">`);
  return `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Alternative texts</title>\n${lines.join("\n")}\n</html>\n`;
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
