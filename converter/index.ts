export { type ConversionReport, type Converted, type ConvertOptions, convert } from "./convert.js";
export { compose } from "./graph/compose.js";
export { cut } from "./graph/cut.js";
export type { Attribute, Dim, DType, Graph, Node, Tensor, TensorType, ValueInfo } from "./graph/types.js";
export { toFloat16Weights } from "./passes/float16-weights.js";
export { optimize } from "./passes/index.js";
export { type LayerContext, type LowerLayer, layerClasses, registerLayer } from "./read/layers-model/registry.js";
export { readOnnx } from "./read/onnx.js";
export { writeOnnx } from "./write/onnx.js";
