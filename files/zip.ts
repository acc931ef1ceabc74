import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createInflateRaw, inflateRawSync } from "node:zlib";

interface Member {
  name: string;
  method: number;
  compressed: number;
  /** Bytes that it unpacks to. */
  size: number;
  offset: number;
  /** Unix permissions, 0 where the archive was made elsewhere. */
  mode: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  // A damaged archive may name any length: nothing is allocated that the file cannot fill.
  if (position + length > (await file.stat()).size) throw new Error("The archive is truncated.");
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error("The archive is truncated.");
  return buffer;
}

/** Reads a zip archive's directory (APPNOTE 4.3.12 and 4.3.16; no Zip64: archives stay below 4 GB). */
async function readDirectory(file: FileHandle): Promise<Member[]> {
  const { size } = await file.stat();
  const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
  let at = tail.length - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
  if (at < 0) throw new Error("The file is no zip archive.");
  const directory = await readAt(file, tail.readUInt32LE(at + 16), tail.readUInt32LE(at + 12));
  const members: Member[] = [];
  for (let p = 0; p < directory.length; ) {
    if (directory.readUInt32LE(p) !== CENTRAL) throw new Error("The archive's directory is damaged.");
    const nameLength = directory.readUInt16LE(p + 28);
    members.push({
      name: directory.toString("utf8", p + 46, p + 46 + nameLength),
      method: directory.readUInt16LE(p + 10),
      compressed: directory.readUInt32LE(p + 20),
      size: directory.readUInt32LE(p + 24),
      offset: directory.readUInt32LE(p + 42),
      mode: directory.readUInt16LE(p + 40) & 0o777,
    });
    p += 46 + nameLength + directory.readUInt16LE(p + 30) + directory.readUInt16LE(p + 32);
  }
  return members;
}

/** Where a member's bytes begin. */
async function startOf(file: FileHandle, { offset }: Member): Promise<number> {
  const local = await readAt(file, offset, 30);
  return offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
}

/**
 * Reads all members of a small zip archive, such as NumPy's .npz, by their names.
 * @throws Error saying what is wrong; what the system says where the file cannot be opened
 */
export async function readZip(archive: string): Promise<Map<string, Buffer>> {
  const file = await open(archive);
  try {
    const contents = new Map<string, Buffer>();
    for (const member of await readDirectory(file)) {
      const { name, method, compressed, size } = member;
      const packed = await readAt(file, await startOf(file, member), compressed);
      if (method !== 0 && method !== 8) throw new Error(`Zip method ${method} of ${name} is not known.`);
      // The size that the directory names bounds what a hostile archive unpacks to.
      const content = method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
      if (content.length !== size) throw new Error(`${name} is not as long as the archive says.`);
      contents.set(name, content);
    }
    return contents;
  } finally {
    await file.close();
  }
}

/**
 * Unpacks the members of a zip archive that `place` gives a path for, whatever their size.
 * @returns the paths written
 */
export async function unzip(
  archive: string,
  place: (member: string) => string | undefined,
  signal?: AbortSignal,
): Promise<string[]> {
  const written: string[] = [];
  const file = await open(archive);
  try {
    for (const member of await readDirectory(file)) {
      const path = member.name.endsWith("/") ? undefined : place(member.name);
      if (path === undefined) continue;
      const start = await startOf(file, member);
      await mkdir(dirname(path), { recursive: true });
      const sink = createWriteStream(path, { mode: member.mode || 0o644 });
      if (member.compressed === 0) {
        sink.end();
      } else {
        const end = start + member.compressed - 1;
        const source = createReadStream(archive, { start, end, highWaterMark: 1 << 20 });
        if (member.method === 0) await pipeline(source, sink, { signal });
        else if (member.method === 8)
          await pipeline(source, createInflateRaw({ chunkSize: 1 << 20 }), sink, { signal });
        else throw new Error(`Zip method ${member.method} of ${member.name} is not known.`);
      }
      written.push(path);
    }
  } finally {
    await file.close();
  }
  return written;
}
