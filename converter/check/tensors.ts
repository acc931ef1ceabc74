import { TensorProto_DataLocation as DataLocation, type TensorProto } from "onnx-buf";

/** Bits of an element, by ONNX's number for its type; strings (8) have no size. */
const BITS: Record<number, number> = {
  ...{ 1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16 },
  ...{ 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4 }, // floats of eight and four bits, integers of four
};
const STRING = 8;

/** Bytes of a file that may hold constants, by the name that the graph uses; undefined for any other name. */
export type FileSize = (name: string) => number | undefined;

/** What is wrong with a constant. */
export function tensorFaults(tensor: TensorProto, what: string, fileSize: FileSize): string[] {
  const { dims, dataType } = tensor;
  if (dims.some((extent) => extent < 0n)) return [`${what} has the impossible shape [${dims.join(", ")}]`];
  const elements = Number(dims.reduce((product, extent) => product * extent, 1n));
  if (dataType !== STRING && BITS[dataType] === undefined) return [`${what} has the unknown element type ${dataType}`];
  const bytes = Math.ceil((elements * (BITS[dataType] ?? 0)) / 8);
  if (tensor.dataLocation === DataLocation.EXTERNAL) return externalFaults(tensor, what, bytes, fileSize);
  if (tensor.externalData.length > 0) return [`${what} names a file, but is not marked as external`];
  const lists = [
    tensor.rawData,
    ...[tensor.floatData, tensor.int32Data, tensor.int64Data, tensor.doubleData, tensor.uint64Data],
    tensor.stringData,
  ].filter(({ length }) => length > 0);
  if (lists.length > 1) return [`${what} holds its data twice`];
  const shape = `${what} of shape [${dims.join(", ")}]`;
  if (tensor.rawData.length > 0) {
    if (dataType === STRING) return [`${what} holds strings as bytes`];
    const has = tensor.rawData.length;
    return has === bytes ? [] : [`${shape} wants ${bytes} bytes of data; it has ${has}`];
  }
  const has = lists[0]?.length ?? 0;
  // Two numbers make a complex one; four bits are packed by two.
  const wanted = { 14: 2 * elements, 15: 2 * elements, 21: bytes, 22: bytes, 23: bytes }[dataType] ?? elements;
  return has === wanted ? [] : [`${shape} wants ${wanted} numbers; it has ${has}`];
}

function externalFaults(
  { externalData, dataType, rawData }: TensorProto,
  what: string,
  bytes: number,
  fileSize: FileSize,
) {
  const { location, offset = "0", length } = Object.fromEntries(externalData.map(({ key, value }) => [key, value]));
  if (dataType === STRING) return [`${what} is external, which strings cannot be`];
  if (rawData.length > 0) return [`${what} is external, and holds data too`];
  if (!location) return [`${what} is external, and names no file`];
  if (leavesFolder(location)) return [`${what} is read from "${location}", which is not a file of the folder`];
  const size = fileSize(location);
  if (size === undefined)
    return [`${what} is read from "${location}", which the manifest does not list with the graph`];
  const [from, count] = [Number(offset), length === undefined ? bytes : Number(length)];
  if (!Number.isSafeInteger(from) || from < 0 || !Number.isSafeInteger(count) || count < 0) {
    return [`${what} is read from offset "${offset}", length "${length}"`];
  }
  if (count !== bytes) return [`${what} wants ${bytes} bytes; ${count} of ${location} are named`];
  if (from + count > size) return [`${what} ends at byte ${from + count} of ${location}, which has ${size}`];
  return [];
}

/** An absolute path, one with a step upwards, or one that a system reads in another way. */
function leavesFolder(path: string): boolean {
  return /^[/\\]|^[A-Za-z]:|\\|\0/.test(path) || path.split("/").some((part) => part === ".." || part === "");
}
