import { refuseOperator } from "../../read/graph-model/registry.js";

refuseOperator(
  ["SimpleMLCreateModelResource", "SimpleMLLoadModelFromPathWithHandle", "SimpleMLInferenceOpWithHandle"],
  "TensorFlow.js runs decision forests in a package of their own, from files outside the model",
);
