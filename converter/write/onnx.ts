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
import { ELEMENT_TYPES } from "../graph/element-types.js";
import type { Attribute, Graph, Tensor, TensorType } from "../graph/types.js";
import { VERSION } from "../version.js";

/** Version of the file format that came with each operator set. */
const IR_VERSIONS: Record<number, number> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

/** Key under which the names of kept tensors are stored. */
export const KEPT_TENSORS = "showtell.kept_tensors";

/** A graph as the bytes of an ONNX file. */
export function writeOnnx(graph: Graph): Uint8Array {
  return toBinary(ModelProtoSchema, toModel(graph));
}

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
    graph: toGraph(graph),
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
