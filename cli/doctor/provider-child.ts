import { Tensor } from "onnxruntime-node";
import { type Provider, placeSession } from "../../runtime/node/session.js";
import { onnxModel } from "../../training/engine/wasm/onnx-bytes.js";

// A process of its own for one provider: a driver that crashes ends only this one.
try {
  const model = onnxModel([{ op: "MatMul", inputs: ["a", "b"], outputs: ["y"] }], ["a", "b"], ["y"]);
  const { session } = await placeSession(model, { device: process.argv[2] as Provider });
  const { y } = await session.run({
    a: new Tensor("float32", [1, 2, 3, 4], [2, 2]),
    b: new Tensor("float32", [5, 6, 7, 8], [2, 2]),
  });
  if (String(y.data) !== "19,22,43,50") throw new Error(`a matrix product gave ${y.data}`);
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
