import { create, toBinary } from "@bufbuild/protobuf";
import {
  TensorProto_DataLocation as DataLocation,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "onnx-buf";
import { ELEMENT_TYPES } from "../graph/element-types.js";
import type { Graph, Tensor, TensorData } from "../graph/types.js";
import { fileParts, joinParts, LONGEST_FILE } from "./onnx.js";

/** Constants of fewer bytes stay in the graph's file: shapes, axes and the like are read before anything runs. */
const SMALLEST = 1024;
/** Where constants begin: at whole pages, so that they can be mapped into memory. */
const PAGE = 4096;

/** A file by its name, in parts that are written one after the other. */
export interface FileParts {
  name: string;
  parts: Uint8Array[];
  bytes: number;
}

/**
 * The files of a graph, the ONNX file first; constants are not copied.
 * @param name of the ONNX file
 * @param external whether large constants lie in `name.data`; they do as well where one file cannot hold them
 */
export function onnxFiles(graph: Graph, name: string, external = false): FileParts[] {
  if (!external) {
    const whole = toFile(name, fileParts(graph));
    if (whole.bytes <= LONGEST_FILE) return [whole];
  }
  const data = `${name}.data`;
  const { model, constants } = apart(graph, data);
  return [toFile(name, model), toFile(data, constants)];
}

const toFile = (name: string, parts: Uint8Array[]): FileParts => ({
  name,
  parts,
  bytes: parts.reduce((sum, part) => sum + part.length, 0),
});

function apart(graph: Graph, location: string) {
  const constants: Uint8Array[] = [];
  let offset = 0;
  const model = fileParts(graph, (name, tensor) => {
    if (!isLarge(tensor.data)) return undefined;
    const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    const gap = (PAGE - (offset % PAGE)) % PAGE;
    constants.push(new Uint8Array(gap), bytes);
    const at = offset + gap;
    offset = at + bytes.length;
    return reference(name, tensor, { file: location, offset: at, bytes: bytes.length });
  });
  return { model, constants };
}

/** Where a constant lies: a file beside the graph's, and its bytes in it. */
export interface ConstantPlace {
  file: string;
  offset: number;
  bytes: number;
}

const isLarge = (data: TensorData): data is Exclude<TensorData, string[]> =>
  !Array.isArray(data) && data.byteLength >= SMALLEST;

/** Where the large constants of a graph lie in the ONNX file that `writeOnnx` makes of it, by their data. */
export function constantPlaces(graph: Graph, file: string): Map<TensorData, ConstantPlace> {
  const constants = [...graph.initializers.values()].map(({ data }) => data).filter(isLarge);
  const inBuffer = new Map<ArrayBufferLike, typeof constants>();
  for (const data of constants) inBuffer.set(data.buffer, [...(inBuffer.get(data.buffer) ?? []), data]);
  const places = new Map<TensorData, ConstantPlace>();
  let offset = 0;
  for (const part of fileParts(graph)) {
    const found = inBuffer
      .get(part.buffer)
      ?.filter((data) => data.byteOffset === part.byteOffset && data.byteLength === part.byteLength);
    for (const data of found ?? []) places.set(data, { file, offset, bytes: part.length });
    offset += part.length;
  }
  return places;
}

/**
 * The ONNX file of a graph that shares its large constants with other graphs: those with a place are read from there, so
 * that they are stored once. The file works beside those that it refers to alone.
 */
export function sharingOnnx(graph: Graph, places: ReadonlyMap<TensorData, ConstantPlace>): Uint8Array {
  return joinParts(
    fileParts(graph, (name, tensor) => {
      const place = places.get(tensor.data);
      return place && reference(name, tensor, place);
    }),
  );
}

function reference(name: string, tensor: Tensor, { file, offset, bytes }: ConstantPlace): Uint8Array {
  const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  const externalData: TensorProto["externalData"] = [
    entry("location", file),
    entry("offset", String(offset)),
    entry("length", String(bytes)),
  ];
  return toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, {
      name,
      dims: tensor.shape.map(BigInt),
      dataType: ELEMENT_TYPES[tensor.dtype],
      dataLocation: DataLocation.EXTERNAL,
      externalData,
    }),
  );
}
