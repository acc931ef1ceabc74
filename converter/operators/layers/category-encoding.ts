import { cast } from "../../emit/cast.js";
import { reduce } from "../../emit/reduce.js";
import { unsqueeze } from "../../emit/shape.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/** Categories [N, K] -> [N, numTokens]: which of them there are, or how often. */
registerLayer(
  "CategoryEncoding",
  ({ b, x, config, unsupported }) => {
    const mode = config.word("outputMode", "multiHot");
    const index = cast(b, x, "int32");
    if (mode === "int") return index;
    if (mode !== "multiHot" && mode !== "oneHot" && mode !== "count") {
      throw unsupported(mode === "tfIdf" ? "tfIdf takes weights, which a model cannot give it" : `outputMode ${mode}`);
    }
    if (x.shape.length !== 2 || (mode === "oneHot" && x.shape[1] !== 1)) {
      throw unsupported(`outputMode ${mode} of an input of shape [${x.shape.join(", ")}]`);
    }
    const count = config.count("numTokens");
    const tokens = { dtype: "int32" as const, shape: [count], data: Int32Array.from({ length: count }, (_, i) => i) };
    const equal = b.add("Equal", [unsqueeze(b, index, [2]), b.constant(tokens, "tokens")]); // [N, K, numTokens]
    return reduce(b, mode === "count" ? "ReduceSum" : "ReduceMax", cast(b, equal, "float32"), [1]);
  },
  {
    becomes: "Equal with every token, and a reduction",
    limits: "tfIdf is refused; a category outside of numTokens gives zeros, where TensorFlow.js throws",
  },
);
