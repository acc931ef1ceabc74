/** How many first bytes `announcedSize` wants: a JPEG may have a large profile before its frame header. */
export const HEADER_BYTES = 256 * 1024;

/**
 * Width and height that a PNG, GIF, WebP or JPEG file announces, so that a picture too large is refused before anything
 * of it is decoded; undefined for other formats, and where the header is not within these bytes.
 */
export function announcedSize(head: Uint8Array): [width: number, height: number] | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const text = (at: number, length: number) => String.fromCharCode(...head.subarray(at, at + length));
  if (head.length < 30) return undefined;
  if (text(1, 3) === "PNG") return [view.getUint32(16), view.getUint32(20)];
  if (text(0, 4) === "GIF8") return [view.getUint16(6, true), view.getUint16(8, true)];
  if (text(0, 4) === "RIFF" && text(8, 4) === "WEBP") return webpSize(view, text(12, 4));
  return view.getUint16(0) === 0xffd8 ? jpegSize(view) : undefined;
}

function webpSize(view: DataView, chunk: string): [number, number] | undefined {
  const three = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  if (chunk === "VP8X") return [three(24) + 1, three(27) + 1];
  if (chunk === "VP8 ") return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
  if (chunk !== "VP8L") return undefined;
  const bits = view.getUint32(21, true);
  return [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
}

/** Walks the segments to the frame header (SOF0 to SOF15, of which C4, C8 and CC are others). */
function jpegSize(view: DataView): [number, number] | undefined {
  let at = 2;
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
    }
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
