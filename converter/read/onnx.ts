import { fromBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import { ShowtellError } from "../../errors/index.js";
import { dtypeOf } from "../graph/element-types.js";
import { annotate } from "../graph/infer/index.js";
import { allocate, bytesOf, sizeOf } from "../graph/tensor.js";
import type { Attribute, Dim, Graph, Node, Tensor, TensorData, TensorType, ValueInfo } from "../graph/types.js";
import { KEPT_TENSORS } from "../write/onnx.js";

/**
 * Reads an ONNX file.
 * @throws ShowtellError CONVERT_INVALID_MODEL where the bytes are no ONNX file, CONVERT_UNSUPPORTED for external data,
 * sparse tensors, functions and values that are no tensors
 */
export function readOnnx(bytes: Uint8Array): Graph {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    throw new ShowtellError("CONVERT_INVALID_MODEL", "These bytes are no ONNX file.", { cause: error });
  }
  return readModel(model);
}

export interface ReadModelOptions {
  /** `types`: constants that lie in other files are known by their types alone, and are none of the initialisers. */
  external?: "types";
  /** Whether types that the file does not give are inferred; true by default. */
  annotated?: boolean;
}

/** @throws ShowtellError as `readOnnx` */
export function readModel(model: ModelProto, options: ReadModelOptions = {}): Graph {
  if (!model.graph) throw invalid("it holds no graph");
  if (model.functions.length > 0) throw unsupported("model functions");
  const metadata = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const kept = metadata[KEPT_TENSORS]?.split("\n") ?? [];
  delete metadata[KEPT_TENSORS];
  const sets = model.opsetImport.map(({ domain, version }) => [domain === "ai.onnx" ? "" : domain, Number(version)]);
  const { "": opset, ...domains } = Object.fromEntries(sets) as Record<string, number>;
  if (opset === undefined) throw invalid("it names no operator set");
  const graph = readGraph(model.graph, { opset, domains, ...options });
  if (options.annotated !== false) annotate(graph);
  const names = new Set(graph.nodes.flatMap((node) => node.outputs));
  return { ...graph, metadata, kept: new Set(kept.filter((name) => names.has(name))) };
}

interface ReadContext extends ReadModelOptions {
  opset: number;
  domains: Record<string, number>;
}

function readGraph(proto: GraphProto, context: ReadContext): Graph {
  const { opset, domains } = context;
  if (proto.sparseInitializer.length > 0) throw unsupported("sparse tensors");
  const isElsewhere = (tensor: TensorProto) =>
    context.external === "types" && tensor.dataLocation === DataLocation.EXTERNAL;
  const elsewhere = proto.initializer.filter(isElsewhere);
  const here = proto.initializer.filter((tensor) => !isElsewhere(tensor));
  const initializers = new Map(here.map((tensor) => [tensor.name, readTensor(tensor)]));
  const inputs = proto.input.filter(({ name }) => !initializers.has(name)).map(readValue);
  const outputs = proto.output.map(readValue);
  const types = new Map<string, TensorType>();
  for (const [name, { dtype, shape }] of initializers) types.set(name, { dtype, shape });
  for (const value of [...proto.valueInfo.filter(isTensor).map(readValue), ...inputs, ...outputs]) {
    types.set(value.name, { dtype: value.dtype, shape: value.shape });
  }
  for (const { name, dataType, dims } of elsewhere) {
    types.set(name, { dtype: dtypeOf(dataType), shape: dims.map(Number) });
  }
  if (context.annotated === false)
    for (const { name } of [...proto.input, ...proto.output].filter(isOpen)) types.delete(name);
  return {
    name: proto.name,
    doc: proto.docString || undefined,
    opset,
    domains,
    inputs,
    outputs,
    nodes: proto.node.map(
      (node): Node => ({
        name: node.name,
        op: node.opType,
        domain: node.domain === "ai.onnx" ? "" : node.domain,
        inputs: [...node.input],
        outputs: [...node.output],
        attributes: Object.fromEntries(
          node.attribute.map((attribute) => [attribute.name, readAttribute(attribute, context)]),
        ),
        doc: node.docString || undefined,
      }),
    ),
    initializers,
    types,
    kept: new Set(),
    metadata: {},
  };
}

const isTensor = (value: ValueInfoProto) =>
  value.type?.value.case === "tensorType" && value.type.value.value.shape !== undefined;

/** Whether the file leaves a value's shape open, even its rank. */
const isOpen = (value: ValueInfoProto) => !isTensor(value);

function readValue({ name, type }: ValueInfoProto): ValueInfo {
  if (type?.value.case !== "tensorType") throw unsupported(`"${name}", which is no tensor`);
  const { elemType, shape } = type.value.value;
  const dims = (shape?.dim ?? []).map((dim, i): Dim => {
    if (dim.value.case === "dimValue") return Number(dim.value.value);
    return dim.value.case === "dimParam" && dim.value.value ? dim.value.value : `${name}_${i}`;
  });
  return { name, dtype: dtypeOf(elemType), shape: dims };
}

const decoder = new TextDecoder();

function readTensor(proto: TensorProto): Tensor {
  if (proto.dataLocation === DataLocation.EXTERNAL) throw unsupported("data outside the file");
  const dtype = dtypeOf(proto.dataType);
  const shape = proto.dims.map(Number);
  const size = sizeOf(shape);
  const data: TensorData =
    dtype === "string" ? proto.stringData.map((text) => decoder.decode(text)) : numbers(proto, dtype, size);
  if (data.length !== size) throw invalid(`tensor "${proto.name}" has ${data.length} of its ${size} elements`);
  return { dtype, shape, data };
}

function numbers(proto: TensorProto, dtype: Exclude<Tensor["dtype"], "string">, size: number): TensorData {
  const raw = proto.rawData;
  if (raw.length > 0 || size === 0) {
    if (raw.length !== size * bytesOf(dtype)) throw invalid(`tensor "${proto.name}" has ${raw.length} bytes`);
    // Copied, as bytes within a file are not aligned.
    const data = allocate(dtype, size);
    new Uint8Array(data.buffer).set(raw);
    return data;
  }
  const values = listedNumbers(proto, dtype);
  if (values.length !== size) throw invalid(`tensor "${proto.name}" has ${values.length} of its ${size} elements`);
  const data = allocate(dtype, size);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    data.set(Array.from(values, BigInt));
  } else {
    data.set(Array.from(values, Number));
  }
  return data;
}

/** The list that ONNX keeps values of a type in where they do not stand as bytes. */
function listedNumbers(proto: TensorProto, dtype: Exclude<Tensor["dtype"], "string">): readonly (number | bigint)[] {
  switch (dtype) {
    case "float32":
      return proto.floatData;
    case "float64":
      return proto.doubleData;
    case "int64":
      return proto.int64Data;
    case "uint32":
    case "uint64":
      return proto.uint64Data;
    default:
      return proto.int32Data;
  }
}

function readAttribute(proto: AttributeProto, context: ReadContext): Attribute {
  switch (proto.type) {
    case AttributeType.INT:
      return { type: "int", value: exact(proto.i) };
    case AttributeType.FLOAT:
      return { type: "float", value: proto.f };
    case AttributeType.STRING:
      return { type: "string", value: decoder.decode(proto.s) };
    case AttributeType.INTS:
      return { type: "ints", value: proto.ints.map(exact) };
    case AttributeType.FLOATS:
      return { type: "floats", value: [...proto.floats] };
    case AttributeType.STRINGS:
      return { type: "strings", value: proto.strings.map((text) => decoder.decode(text)) };
    case AttributeType.TENSOR:
      if (!proto.t) throw invalid(`attribute "${proto.name}" holds no tensor`);
      return { type: "tensor", value: readTensor(proto.t) };
    case AttributeType.GRAPH:
      if (!proto.g) throw invalid(`attribute "${proto.name}" holds no graph`);
      return { type: "graph", value: readGraph(proto.g, context) };
    default:
      throw unsupported(`attribute "${proto.name}" of type ${proto.type}`);
  }
}

const exact = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

function invalid(reason: string): ShowtellError {
  return new ShowtellError("CONVERT_INVALID_MODEL", `This is no readable ONNX file: ${reason}.`);
}

function unsupported(what: string): ShowtellError {
  return new ShowtellError("CONVERT_UNSUPPORTED", `ONNX files with ${what} cannot be read.`);
}
