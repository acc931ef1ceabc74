import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from "onnx-buf";

type Dtype = "float32" | "uint8" | "int64";
const TYPES = { float32: DataType.FLOAT, uint8: DataType.UINT8, int64: DataType.INT64 } as const;

export interface GraphPort {
  name: string;
  dtype: Dtype;
  shape: (number | string)[];
}

/** Writes a small ONNX graph by hand, node by node: fixtures that do not depend on the converter under test. */
export class OnnxBuilder {
  readonly #nodes: MessageInitShape<typeof NodeProtoSchema>[] = [];
  readonly #initializers: MessageInitShape<typeof TensorProtoSchema>[] = [];

  /** Adds an initialiser and returns its name. */
  constant(name: string, dims: number[], data: Float32Array | BigInt64Array): string {
    const rawData = new Uint8Array(data.slice().buffer);
    const dataType = data instanceof Float32Array ? DataType.FLOAT : DataType.INT64;
    this.#initializers.push({ name, dims: dims.map(BigInt), dataType, rawData });
    return name;
  }

  /** Adds a node; attributes are integers or lists of integers. */
  node(opType: string, input: string[], output: string[], attributes: Record<string, number | number[]> = {}): void {
    const attribute = Object.entries(attributes).map(
      ([name, value]): MessageInitShape<typeof AttributeProtoSchema> =>
        Array.isArray(value)
          ? { name, type: AttributeType.INTS, ints: value.map(BigInt) }
          : { name, type: AttributeType.INT, i: BigInt(value) },
    );
    this.#nodes.push({ opType, input, output, attribute, name: `${opType}_${this.#nodes.length}` });
  }

  /** The model's bytes, opset 17. */
  bytes(inputs: GraphPort[], outputs: GraphPort[]): Uint8Array {
    const model = create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: "showtell-fixture",
      opsetImport: [{ domain: "", version: 17n }],
      graph: {
        name: "fixture",
        node: this.#nodes,
        initializer: this.#initializers,
        input: inputs.map(valueInfo),
        output: outputs.map(valueInfo),
      },
    });
    return toBinary(ModelProtoSchema, model);
  }
}

function valueInfo({ name, dtype, shape }: GraphPort): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = shape.map((size) => ({
    value:
      typeof size === "number"
        ? ({ case: "dimValue", value: BigInt(size) } as const)
        : ({ case: "dimParam", value: size } as const),
  }));
  return { name, type: { value: { case: "tensorType", value: { elemType: TYPES[dtype], shape: { dim } } } } };
}
