import { create, toBinary } from "@bufbuild/protobuf";
import {
  TensorProto_DataLocation as DataLocation,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "onnx-buf";
import { ELEMENT_TYPES } from "../graph/element-types.js";
import type { Graph, Tensor } from "../graph/types.js";
import { fileParts, LONGEST_FILE } from "./onnx.js";

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
  const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  const model = fileParts(graph, (name, tensor) => {
    if (Array.isArray(tensor.data) || tensor.data.byteLength < SMALLEST) return undefined;
    const bytes = new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
    const gap = (PAGE - (offset % PAGE)) % PAGE;
    constants.push(new Uint8Array(gap), bytes);
    const at = offset + gap;
    offset = at + bytes.length;
    return reference(name, tensor, [
      entry("location", location),
      entry("offset", String(at)),
      entry("length", String(bytes.length)),
    ]);
  });
  return { model, constants };
}

function reference(name: string, tensor: Tensor, externalData: TensorProto["externalData"]): Uint8Array {
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
