import { readFile } from "node:fs/promises";

/**
 * A text file as people have them: UTF-8 or UTF-16 with or without a byte-order mark, which is taken off. What is no
 * UTF-8 is read as Windows-1252, the old default of spreadsheets.
 */
export async function readText(path: string): Promise<string> {
  return decode(await readFile(path));
}

/** The same for bytes; the last character may be cut. */
export function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    // Streaming accepts a character that is cut at the end.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** The lines of a text file without line ends, each with its number from 1. */
export async function readLines(path: string): Promise<{ number: number; text: string }[]> {
  return (await readText(path)).split(/\r\n|\n|\r/).map((line, i) => ({ number: i + 1, text: line }));
}
