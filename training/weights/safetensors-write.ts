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
  return [
    length,
    padded,
    ...tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}
