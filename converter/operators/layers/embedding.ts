import { cast } from "../../emit/cast.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/** Indices [N, …] -> vectors [N, …, outputDim] */
registerLayer(
  "Embedding",
  ({ b, x, constant }) => {
    const index = x.dtype === "int64" || x.dtype === "int32" ? x : cast(b, x, "int32");
    return b.add("Gather", [constant("embeddings", 2), index], { axis: 0 });
  },
  { masking: "makes" },
);
