import { open } from "node:fs/promises";

/** A tensor to be stored. */
export interface StoredTensor {
  name: string;
  shape: number[];
  data: Float32Array;
}

/**
 * The parts of a safetensors file with float32 tensors: 8 bytes header length, JSON header padded with spaces to a
 * multiple of 8, then the data in order. Parts, so that no copy of all weights is made.
 */
export function safetensorsParts(tensors: StoredTensor[], metadata: Record<string, string>): Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header), "utf8");
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return [length, padded, ...tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/** The free-form metadata of a safetensors file whose header has been checked. */
export async function safetensorsMetadata(path: string): Promise<Record<string, string>> {
  const file = await open(path);
  try {
    const length = Number((await file.read(Buffer.alloc(8), 0, 8, 0)).buffer.readBigUInt64LE());
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, 8);
    return (JSON.parse(buffer.toString("utf8")) as { __metadata__?: Record<string, string> }).__metadata__ ?? {};
  } finally {
    await file.close();
  }
}
