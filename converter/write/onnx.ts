import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { ShowtellError } from "../../errors/index.js";
import { ELEMENT_TYPES } from "../graph/element-types.js";
import type { Attribute, Graph, Tensor, TensorType } from "../graph/types.js";
import { VERSION } from "../version.js";

/** Version of the file format that came with each operator set. */
const IR_VERSIONS: Record<number, number> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

/** Key under which the names of kept tensors are stored. */
export const KEPT_TENSORS = "showtell.kept_tensors";

/** Longest message that protobuf can hold. */
export const LONGEST_FILE = 2 ** 31 - 1;

/**
 * A graph as the bytes of an ONNX file.
 * @throws ShowtellError CONVERT_UNSUPPORTED beyond 2 GiB
 */
export function writeOnnx(graph: Graph): Uint8Array {
  return joinParts(onnxParts(graph));
}

/** One array of all parts. */
export function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * The same bytes in parts, to be written one after the other: constants are not copied.
 * @throws ShowtellError CONVERT_UNSUPPORTED beyond 2 GiB
 */
export function onnxParts(graph: Graph): Uint8Array[] {
  const parts = fileParts(graph);
  if (lengthOf(parts) > LONGEST_FILE) {
    throw new ShowtellError(
      "CONVERT_UNSUPPORTED",
      "The graph takes more than 2 GiB, which one ONNX file cannot hold: its weights must lie in a file of their own.",
    );
  }
  return parts;
}

/** Bytes of the file, even where it is too long for one. */
export function onnxSize(graph: Graph): number {
  return lengthOf(fileParts(graph));
}

/**
 * The parts of the ONNX file, however long.
 * @param external writes a constant that lies elsewhere; undefined for those that lie in the file
 */
export function fileParts(
  graph: Graph,
  external?: (name: string, tensor: Tensor) => Uint8Array | undefined,
): Uint8Array[] {
  const constants = [...graph.initializers].map(([name, tensor]) => {
    const elsewhere = external?.(name, tensor);
    return message(INITIALIZER, elsewhere ? [elsewhere] : tensorParts(name, tensor));
  });
  const body = [toBinary(GraphProtoSchema, toGraph({ ...graph, initializers: new Map() })), ...constants.flat()];
  return [toBinary(ModelProtoSchema, toModel(graph)), ...message(GRAPH, body)];
}

/** Numbers of the fields graph of ModelProto, initializer of GraphProto and raw_data of TensorProto. */
const [GRAPH, INITIALIZER, RAW_DATA] = [7, 5, 9];

function tensorParts(name: string, tensor: Tensor): Uint8Array[] {
  if (Array.isArray(tensor.data)) return [toBinary(TensorProtoSchema, toTensor(name, tensor))];
  const { buffer, byteOffset, byteLength } = tensor.data;
  const header = { name, dims: tensor.shape.map(BigInt), dataType: ELEMENT_TYPES[tensor.dtype] };
  const raw = new Uint8Array(buffer, byteOffset, byteLength);
  return [toBinary(TensorProtoSchema, create(TensorProtoSchema, header)), ...message(RAW_DATA, [raw])];
}

/** A field that holds a message or bytes: key, length, content. */
function message(field: number, parts: Uint8Array[]): Uint8Array[] {
  return [Uint8Array.from([...varint(field * 8 + 2), ...varint(lengthOf(parts))]), ...parts];
}

/** Seven bits a byte, the lowest first; the eighth says that more follow. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const lengthOf = (parts: readonly Uint8Array[]) => parts.reduce((total, part) => total + part.length, 0);

/** All of the file but the graph. */
function toModel(graph: Graph): ModelProto {
  const metadata = { ...graph.metadata };
  if (graph.kept.size > 0) metadata[KEPT_TENSORS] = [...graph.kept].join("\n");
  return create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSIONS[graph.opset] ?? 8),
    producerName: "showtell",
    producerVersion: VERSION,
    domain: "",
    docString: graph.doc,
    opsetImport: [["", graph.opset] as const, ...Object.entries(graph.domains)].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    metadataProps: Object.entries(metadata).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value })),
  });
}

function toGraph(graph: Graph): GraphProto {
  const outer = new Set([...graph.inputs, ...graph.outputs].map((value) => value.name));
  const inner = graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== "" && !outer.has(name));
  return create(GraphProtoSchema, {
    name: graph.name,
    docString: graph.doc,
    node: graph.nodes.map((node) =>
      create(NodeProtoSchema, {
        name: node.name,
        opType: node.op,
        domain: node.domain,
        input: node.inputs,
        output: node.outputs,
        docString: node.doc,
        attribute: Object.entries(node.attributes).map(([name, attribute]) => toAttribute(name, attribute)),
      }),
    ),
    initializer: [...graph.initializers].map(([name, tensor]) => toTensor(name, tensor)),
    input: graph.inputs.map((value) => toValue(value.name, value)),
    output: graph.outputs.map((value) => toValue(value.name, value)),
    valueInfo: inner.flatMap((name) => {
      const type = graph.types.get(name);
      return type ? [toValue(name, type)] : [];
    }),
  });
}

function toValue(name: string, { dtype, shape }: TensorType): ValueInfoProto {
  const dim = shape.map((extent) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof extent === "number" ? { case: "dimValue", value: BigInt(extent) } : { case: "dimParam", value: extent },
    }),
  );
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: ELEMENT_TYPES[dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }),
  });
}

const encoder = new TextEncoder();

function toTensor(name: string, { dtype, shape, data }: Tensor): TensorProto {
  const base = { name, dims: shape.map(BigInt), dataType: ELEMENT_TYPES[dtype] };
  if (Array.isArray(data)) return create(TensorProtoSchema, { ...base, stringData: data.map((text) => bytesOf(text)) });
  const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { ...base, rawData });
}

const bytesOf = (text: string) => encoder.encode(text) as Uint8Array<ArrayBuffer>;

function toAttribute(name: string, attribute: Attribute): AttributeProto {
  const { type, value } = attribute;
  switch (type) {
    case "int":
      return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
    case "float":
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value });
    case "string":
      return create(AttributeProtoSchema, { name, type: AttributeType.STRING, s: bytesOf(value) });
    case "ints":
      return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
    case "floats":
      return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: value });
    case "strings":
      return create(AttributeProtoSchema, { name, type: AttributeType.STRINGS, strings: value.map(bytesOf) });
    case "tensor":
      return create(AttributeProtoSchema, { name, type: AttributeType.TENSOR, t: toTensor("", value) });
    case "graph":
      return create(AttributeProtoSchema, { name, type: AttributeType.GRAPH, g: toGraph(value) });
  }
}
