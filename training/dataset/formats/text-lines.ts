import { readFile } from "node:fs/promises";

/** Lines of a text file without byte-order mark and carriage returns, each with its number from 1. */
export async function readLines(path: string): Promise<{ number: number; text: string }[]> {
  const text = (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  return text.split(/\r\n|\n|\r/).map((line, i) => ({ number: i + 1, text: line }));
}
