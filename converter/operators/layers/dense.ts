import { registerLayer } from "../../read/layers-model/registry.js";

/** [N, …, in] -> [N, …, units] */
registerLayer(
  "Dense",
  ({ b, x, config, constant, activate }) => {
    const bias = config.boolean("useBias", true);
    const product =
      bias && x.shape.length === 2
        ? b.add("Gemm", [x, constant("kernel", 2), constant("bias", 1)])
        : b.add("MatMul", [x, constant("kernel", 2)]);
    return activate(bias && x.shape.length !== 2 ? b.add("Add", [product, constant("bias", 1)]) : product);
  },
  { masking: "passes", becomes: "Gemm of two axes, MatMul and Add of more" },
);
