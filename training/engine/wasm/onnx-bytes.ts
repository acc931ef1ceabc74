/** One operator of a small ONNX model. Attributes are integers or lists of integers: no more is needed here. */
export interface SmallNode {
  op: string;
  inputs: string[];
  outputs: string[];
  domain?: string;
  attributes?: Record<string, number | number[]>;
}

const FLOAT = 1;
export const INT64 = 7;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value)); // Negative numbers take their two's complement.
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
}

const number = (field: number, value: number): number[] => [...varint(field << 3), ...varint(value)];
const message = (field: number, bytes: number[]): number[] => [
  ...varint((field << 3) | 2),
  ...varint(bytes.length),
  ...bytes,
];
const text = (field: number, value: string): number[] => message(field, [...Buffer.from(value)]);

function attribute(name: string, value: number | number[]): number[] {
  // AttributeProto: name 1, i 3, ints 8, type 20 (INT 2, INTS 7)
  if (typeof value === "number") return [...text(1, name), ...number(3, value), ...number(20, 2)];
  return [...text(1, name), ...value.flatMap((item) => number(8, item)), ...number(20, 7)];
}

function node({ op, inputs, outputs, domain, attributes = {} }: SmallNode): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...Object.entries(attributes).flatMap(([name, value]) => message(5, attribute(name, value))),
    ...(domain ? text(7, domain) : []),
  ];
}

/** ValueInfoProto without a shape: any rank and size. */
const value = (name: string, type: number): number[] => [...text(1, name), ...message(2, message(1, number(1, type)))];

/**
 * An ONNX model (onnx.proto, IR version 8, opset 17) of a few operators; all tensors are float32 but those in `int64`.
 * Not by the converter: its graphs state every rank, and these programs take tensors of any.
 */
export function onnxModel(nodes: SmallNode[], inputs: string[], outputs: string[], int64: string[] = []): Uint8Array {
  const type = (name: string) => (int64.includes(name) ? INT64 : FLOAT);
  const graph = [
    ...nodes.flatMap((item) => message(1, node(item))),
    ...text(2, "kernel"),
    ...inputs.flatMap((name) => message(11, value(name, type(name)))),
    ...outputs.flatMap((name) => message(12, value(name, type(name)))),
  ];
  const opset = (domain: string, version: number) => message(8, [...text(1, domain), ...number(2, version)]);
  return Uint8Array.from([...number(1, 8), ...message(7, graph), ...opset("", 17), ...opset("com.microsoft", 1)]);
}
