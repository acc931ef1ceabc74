import { inflateRawSync } from "node:zlib";

const [DIRECTORY_END, DIRECTORY_ENTRY, LOCAL_ENTRY] = [0x06054b50, 0x02014b50, 0x04034b50];
/** Bytes of the record that ends a zip file, its comment of at most 65,535 aside. */
const END_BYTES = 22;
const [STORED, DEFLATED] = [0, 8];

/**
 * The files in a zip file, as NumPy writes .npz: stored or deflated, below 4 GiB.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @throws Error saying what is wrong
 */
export function* zipEntries(bytes: Buffer): Generator<[name: string, content: Buffer]> {
  const end = directoryEnd(bytes);
  const count = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (bytes.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error("its directory is damaged");
    const [method, packed, size] = [at + 10, at + 20, at + 24].map((place, field) =>
      field === 0 ? bytes.readUInt16LE(place) : bytes.readUInt32LE(place),
    ) as [number, number, number];
    const lengths = [28, 30, 32].map((place) => bytes.readUInt16LE(at + place));
    const name = bytes.toString("utf8", at + 46, at + 46 + lengths[0]!);
    yield [name, content(bytes, bytes.readUInt32LE(at + 42), method, packed, size)];
    at += 46 + lengths.reduce((a, b) => a + b, 0);
  }
}

function directoryEnd(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - END_BYTES - 0xffff);
  for (let at = bytes.length - END_BYTES; at >= first; at--) if (bytes.readUInt32LE(at) === DIRECTORY_END) return at;
  throw new Error("it is no zip file, or not whole");
}

function content(bytes: Buffer, at: number, method: number, packed: number, size: number): Buffer {
  if (bytes.readUInt32LE(at) !== LOCAL_ENTRY) throw new Error("an entry is damaged");
  const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  const data = bytes.subarray(start, start + packed);
  if (data.length !== packed) throw new Error("it is not whole");
  if (method === STORED) return data;
  if (method !== DEFLATED) throw new Error(`it is packed by method ${method}, which is not known`);
  // The size that the directory names bounds what a hostile file can unpack to.
  const unpacked = inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
  if (unpacked.length !== size) throw new Error("an entry is not as long as it says");
  return unpacked;
}
