import { cast } from "../../emit/cast.js";
import { scalar } from "../../graph/tensor.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/** Indices [N, …] -> vectors [N, …, outputDim] */
registerLayer(
  "Embedding",
  ({ b, x, constant }) => {
    const index = x.dtype === "int64" || x.dtype === "int32" ? x : cast(b, x, "int32");
    return b.add("Gather", [constant("embeddings", 2), index], { axis: 0 });
  },
  {
    masking: ({ b, x, config }) => {
      if (config.raw("maskZero") !== true) return undefined;
      return b.add("Not", [b.add("Equal", [x, b.constant(scalar(0, x.dtype), "zero")])]);
    },
    becomes: "Gather; with maskZero a mask for the layers behind",
    limits: "indices outside the table are not checked",
  },
);
