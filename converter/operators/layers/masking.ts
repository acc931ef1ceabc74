import { cast } from "../../emit/cast.js";
import { reduce } from "../../emit/reduce.js";
import { scalar } from "../../graph/tensor.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/** Zeros wherever all values along the last axis equal maskValue; later layers skip these steps. */
registerLayer(
  "Masking",
  ({ b, x, config }) => {
    const value = b.constant(scalar(config.number("maskValue", 0), x.dtype), "mask_value");
    const differs = cast(b, b.add("Not", [b.add("Equal", [x, value])]), "float32");
    return b.add("Mul", [x, cast(b, reduce(b, "ReduceMax", differs, [-1], true), x.dtype)]);
  },
  { masking: "makes" },
);
