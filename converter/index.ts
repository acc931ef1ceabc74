export { checkOnnx, type FileSize, type OnnxCheck } from "./check/index.js";
export {
  type ConversionReport,
  type Converted,
  type ConvertOptions,
  convert,
  type Origin,
  PRECISIONS,
  type Precision,
  quantizeConverted,
} from "./convert.js";
export type { AttributeValue } from "./graph/attributes.js";
export type { Body, GraphBuilder, Value } from "./graph/builder.js";
export { checkGraph } from "./graph/check.js";
export { compose } from "./graph/compose.js";
export { cut } from "./graph/cut.js";
export type { Attribute, Dim, DType, Graph, Node, Tensor, TensorType, ValueInfo } from "./graph/types.js";
export { toFloat16Arithmetic } from "./passes/float16-arithmetic.js";
export { toFloat16Weights } from "./passes/float16-weights.js";
export { optimize } from "./passes/index.js";
export {
  type Calibration,
  type CalibrationValues,
  calibrationMethod,
  LEAST_DECIBELS,
  type OutputDifference,
  type QuantizationReport,
  type QuantizeOptions,
  quantize,
  type RunGraph,
  type Sample,
  type UnitLoss,
} from "./quantize/index.js";
export type { NodeAttributes } from "./read/graph-model/node-attributes.js";
export {
  type LowerOperator,
  type OperatorContext,
  type OperatorOptions,
  operatorTable,
  type RegisteredOperator,
  registerOperator,
} from "./read/graph-model/registry.js";
export type { LayerConfig } from "./read/layers-model/config.js";
export type { InputOverride } from "./read/layers-model/index.js";
export {
  type LayerContext,
  type LayerOptions,
  type LayerRow,
  type LowerLayer,
  layerClasses,
  layerTable,
  type Masking,
  registerLayer,
  type WrappedLayer,
} from "./read/layers-model/registry.js";
export { readOnnx } from "./read/onnx.js";
export type { ModelSource } from "./read/source.js";
export { type ConstantPlace, constantPlaces, sharingOnnx } from "./write/external.js";
export { onnxParts, writeOnnx } from "./write/onnx.js";
