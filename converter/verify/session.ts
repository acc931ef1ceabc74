import * as ort from "onnxruntime-node";
import { ShowtellError } from "../../errors/index.js";
import type { DType, Graph } from "../graph/types.js";
import { writeOnnx } from "../write/onnx.js";
import type { Values } from "./values.js";

type Numeric = Exclude<DType, "string">;
type Convert = (values: ArrayLike<number | bigint>) => ort.Tensor.DataTypeMap[ort.Tensor.Type];

const numbers = (values: ArrayLike<number | bigint>) => Array.from(values, Number);

/** Numbers as onnxruntime wants them, by type. */
const ARRAYS: Partial<Record<Numeric, Convert>> = {
  float32: (values) => (values instanceof Float32Array ? values : Float32Array.from(numbers(values))),
  float64: (values) => Float64Array.from(numbers(values)),
  uint8: (values) => (values instanceof Uint8Array ? values : Uint8Array.from(numbers(values))),
  int8: (values) => Int8Array.from(numbers(values)),
  int32: (values) => Int32Array.from(numbers(values)),
  int64: (values) => BigInt64Array.from(numbers(values), (value) => BigInt(Math.round(value))),
  bool: (values) => Uint8Array.from(numbers(values)),
};

/** Types whose values can be given to a graph. */
export const isFeedable = (dtype: DType) => dtype === "string" || ARRAYS[dtype] !== undefined;

/**
 * Runs a graph, or an ONNX file, in a session that lives as long as `use`.
 * @throws ShowtellError PARITY_FAILED where onnxruntime refuses the graph or fails in it
 */
export async function runGraph<T>(
  source: Graph | string,
  use: (run: (feeds: Record<string, Values>) => Promise<Record<string, Values>>) => Promise<T>,
): Promise<T> {
  const options: ort.InferenceSession.SessionOptions = { logSeverityLevel: 3 };
  const opened =
    typeof source === "string"
      ? ort.InferenceSession.create(source, options)
      : ort.InferenceSession.create(writeOnnx(source), options);
  const session = await opened.catch(failed);
  try {
    return await use(async (feeds) => {
      const tensors = Object.entries(feeds).map(([name, values]) => [name, toTensor(values)] as const);
      const results = await session.run(Object.fromEntries(tensors)).catch(failed);
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, fromTensor(tensor)]));
    });
  } finally {
    await session.release();
  }
}

function failed(error: unknown): never {
  const [reason] = String(error instanceof Error ? error.message : error).split("\n");
  throw new ShowtellError("PARITY_FAILED", `onnxruntime cannot run the graph: ${reason}`, { cause: error });
}

function toTensor({ dtype, shape, data }: Values): ort.Tensor {
  if (dtype === "string") return new ort.Tensor("string", Array.from(data as string[]), shape);
  const array = ARRAYS[dtype as Numeric]!(data as ArrayLike<number | bigint>);
  return new ort.Tensor(dtype as ort.Tensor.Type, array, shape);
}

function fromTensor(tensor: ort.Tensor): Values {
  return { shape: [...tensor.dims], dtype: tensor.type, data: tensor.data as Values["data"] };
}
