import type { GraphFile, GraphValue } from "../core/index.js";
import type { TensorValue } from "../node/index.js";
import { RequestError } from "./problem.js";
import type { Datatype, InferRequest, InferResponse } from "./v2-schemas.js";

type InputTensor = InferRequest["inputs"][number];
type OutputTensor = InferResponse["outputs"][number];

interface Type {
  dtype: GraphValue["dtype"];
  /** Makes the array over bytes of its own, or of so many zeros. */
  array: new (
    source: ArrayBuffer | number,
  ) => TensorValue["data"];
  bytes: number;
  /** A value of JSON as an element; undefined if it is none. */
  element(value: unknown): number | bigint | undefined;
}

const whole = (least: number, most: number) => (value: unknown) =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= most ? value : undefined;

const TYPES: Record<Datatype, Type> = {
  FP32: { dtype: "float32", array: Float32Array, bytes: 4, element: (v) => (typeof v === "number" ? v : undefined) },
  // JSON has no such numbers: the protocol takes them as binary data alone.
  FP16: { dtype: "float16", array: Uint16Array, bytes: 2, element: () => undefined },
  UINT8: { dtype: "uint8", array: Uint8Array, bytes: 1, element: whole(0, 255) },
  INT8: { dtype: "int8", array: Int8Array, bytes: 1, element: whole(-128, 127) },
  INT32: { dtype: "int32", array: Int32Array, bytes: 4, element: whole(-(2 ** 31), 2 ** 31 - 1) },
  INT64: {
    dtype: "int64",
    array: BigInt64Array,
    bytes: 8,
    element: (v) => (typeof v === "number" && Number.isSafeInteger(v) ? BigInt(v) : undefined),
  },
  BOOL: {
    dtype: "bool",
    array: Uint8Array,
    bytes: 1,
    element: (v) => (v === true || v === 1 ? 1 : v === false || v === 0 ? 0 : undefined),
  },
};

/** The protocol's name of a graph's type. */
export function datatypeOf(dtype: GraphValue["dtype"]): Datatype {
  const found = Object.entries(TYPES).find(([, type]) => type.dtype === dtype);
  return (found?.[0] ?? "FP32") as Datatype;
}

/**
 * A request's tensors as the graph takes them.
 * @param binary what follows the JSON of a request with binary tensor data
 * @throws RequestError REQUEST_INVALID
 */
export function readTensors(inputs: InputTensor[], graph: GraphFile, binary: Buffer): Record<string, TensorValue> {
  let at = 0;
  const tensors: Record<string, TensorValue> = Object.create(null);
  for (const input of inputs) {
    const expected = graph.inputs.find(({ name }) => name === input.name);
    if (!expected) throw invalid(`there is no input ${JSON.stringify(input.name)}`);
    if (tensors[input.name]) throw invalid(`the input ${input.name} is there twice`);
    requireFit(input, expected);
    const type = TYPES[input.datatype];
    const count = input.shape.reduce((a, b) => a * b, 1);
    const size = input.parameters?.binary_data_size;
    let data: TensorValue["data"];
    if (size === undefined) {
      data = fromJson(input, type, count);
    } else {
      if (input.data) throw invalid(`the input ${input.name} has both data and binary data`);
      if (size !== count * type.bytes) throw invalid(`the input ${input.name} must have ${count * type.bytes} bytes`);
      if (at + size > binary.length) throw invalid("the binary data is shorter than the inputs say");
      data = new type.array(Uint8Array.from(binary.subarray(at, at + size)).buffer as ArrayBuffer);
      at += size;
    }
    tensors[input.name] = { dtype: type.dtype, dims: input.shape, data };
  }
  if (at !== binary.length) throw invalid("the binary data is longer than the inputs say");
  for (const { name } of graph.inputs) if (!tensors[name]) throw invalid(`the input ${name} is missing`);
  return tensors;
}

function requireFit({ name, datatype, shape }: InputTensor, expected: GraphValue): void {
  const wanted = datatypeOf(expected.dtype);
  if (datatype !== wanted) throw invalid(`the input ${name} has the type ${datatype}, not ${wanted}`);
  const fits =
    shape.length === expected.shape.length &&
    shape.every((size, i) => size > 0 && (typeof expected.shape[i] === "string" || expected.shape[i] === size));
  if (!fits) throw invalid(`the input ${name} has the shape [${shape}], not [${expected.shape}]`);
}

function fromJson({ name, data }: InputTensor, type: Type, count: number): TensorValue["data"] {
  if (!data) throw invalid(`the input ${name} has no data`);
  const flat = flatten(data, count);
  if (flat?.length !== count) throw invalid(`the input ${name} must have ${count} values`);
  const array = new type.array(count);
  for (let i = 0; i < count; i++) {
    const element = type.element(flat[i]);
    if (element === undefined) throw invalid(`value ${i} of the input ${name} is not of its type`);
    (array as { [index: number]: number | bigint })[i] = element;
  }
  return array;
}

/** The values of nested lists in order; undefined if they are more than `most`. Deep nesting overflows no stack. */
function flatten(data: unknown[], most: number): unknown[] | undefined {
  const flat: unknown[] = [];
  const stack: { list: unknown[]; next: number }[] = [{ list: data, next: 0 }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    if (top.next === top.list.length) {
      stack.pop();
      continue;
    }
    const value = top.list[top.next++];
    if (Array.isArray(value)) stack.push({ list: value, next: 0 });
    else if (flat.push(value) > most) return undefined;
  }
  return flat;
}

/** An answer's tensors, those of them that are asked for, with the bytes of those that are wanted as binary data. */
export function writeTensors(
  outputs: Record<string, TensorValue>,
  { outputs: asked, parameters }: InferRequest,
): { tensors: OutputTensor[]; binary: Buffer[] } {
  const wanted = asked?.length ? asked : Object.keys(outputs).map((name) => ({ name, parameters: undefined }));
  const binary: Buffer[] = [];
  const tensors = wanted.map((output): OutputTensor => {
    const tensor = outputs[output.name];
    if (!tensor) throw invalid(`there is no output ${JSON.stringify(output.name)}`);
    const { dtype, dims, data } = tensor;
    const head = { name: output.name, shape: dims, datatype: datatypeOf(dtype) };
    if (!(output.parameters?.binary_data ?? parameters?.binary_data_output)) {
      if (dtype === "float16") throw invalid(`the output ${output.name} is FP16: ask for it as binary data`);
      return { ...head, data: Array.from(data as ArrayLike<number | bigint>, Number) };
    }
    binary.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    return { ...head, parameters: { binary_data_size: data.byteLength } };
  });
  return { tensors, binary };
}

function invalid(why: string): RequestError {
  return new RequestError("REQUEST_INVALID", `The tensors do not fit: ${why}.`);
}
