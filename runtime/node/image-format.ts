/** The image formats that are accepted. SVG never is: it is a program, and may read other files. */
export type ImageFormat = "jpeg" | "png" | "webp" | "avif" | "gif" | "tiff";

/** How many of a file's first bytes `recognizeFormat` wants to see. */
export const MAGIC_BYTES = 64;

const SIGNATURES: [ImageFormat, number[]][] = [
  ["jpeg", [0xff, 0xd8, 0xff]],
  ["png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["gif", [...ascii("GIF87a")]],
  ["gif", [...ascii("GIF89a")]],
  ["tiff", [0x49, 0x49, 0x2a, 0x00]],
  ["tiff", [0x4d, 0x4d, 0x00, 0x2a]],
  ["tiff", [0x49, 0x49, 0x2b, 0x00]], // BigTIFF
  ["tiff", [0x4d, 0x4d, 0x00, 0x2b]],
];

/** The format that a file's first bytes announce, or undefined. File names and MIME types are not asked. */
export function recognizeFormat(head: Uint8Array): ImageFormat | undefined {
  for (const [format, signature] of SIGNATURES) {
    if (signature.every((byte, i) => head[i] === byte)) return format;
  }
  if (text(head, 0, 4) === "RIFF" && text(head, 8, 12) === "WEBP") return "webp";
  if (text(head, 4, 8) === "ftyp") {
    // ISO base media file: box size (4), "ftyp", major brand, minor version, compatible brands.
    const size = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
    for (let at = 8; at + 4 <= Math.min(size, head.length); at += 4) {
      if (at !== 12 && /^avi[fs]$/.test(text(head, at, at + 4))) return "avif";
    }
  }
  return undefined;
}

function ascii(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
