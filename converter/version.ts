/** Version of the package, written into every ONNX file. */
export const VERSION = "0.1.0";
