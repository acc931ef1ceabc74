import { crc32c } from "./crc32c.js";

/**
 * Frames a document as TFRecord files hold it: length (uint64), masked CRC of the length, the document, masked CRC of
 * the document; little-endian.
 */
export function record(data: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(8 + 4 + data.length + 4);
  framed.writeBigUInt64LE(BigInt(data.length), 0);
  framed.writeUInt32LE(maskedCrc(framed.subarray(0, 8)), 8);
  framed.set(data, 12);
  framed.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return framed;
}

/** A CRC of data that holds CRCs says little; TensorFlow therefore stores it rotated and shifted. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
