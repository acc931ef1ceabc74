import { ShowtellError } from "../../errors/index.js";
import type { DType } from "./types.js";

/** ONNX's numbers for element types (TensorProto.DataType). */
export const ELEMENT_TYPES: Record<DType, number> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
};

/** @throws ShowtellError CONVERT_UNSUPPORTED for an element type that the converter does not know */
export function dtypeOf(elementType: number): DType {
  const found = Object.entries(ELEMENT_TYPES).find(([, number]) => number === elementType);
  if (!found) throw new ShowtellError("CONVERT_UNSUPPORTED", `Element type ${elementType} of ONNX is not supported.`);
  return found[0] as DType;
}
