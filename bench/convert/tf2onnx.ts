import { pythonWith } from "../../test/python-packages.js";

/** The versions that work together; tf2onnx 1.16 cannot read what newer ones of the others give. */
const PACKAGES = ["tensorflow-cpu==2.12.1", "tf2onnx==1.16.1", "onnx<1.17", "numpy<1.24"];

/**
 * Python with tf2onnx, set up in the cache on first use (230 MB through the user's pip); undefined where that fails.
 * TensorFlow 2.12 wants Python 3.8 to 3.11.
 */
export function tf2onnxPython(): Promise<string | undefined> {
  return pythonWith("tf2onnx", PACKAGES, ["python3.11", "python3.10", "python3"]);
}
