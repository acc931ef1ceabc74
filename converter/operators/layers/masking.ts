import { cast } from "../../emit/cast.js";
import { reduce } from "../../emit/reduce.js";
import type { Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";

/** Zeros wherever all values along the last axis equal maskValue; later layers skip these steps. */
registerLayer(
  "Masking",
  (layer) => layer.b.add("Mul", [layer.x, cast(layer.b, anyDiffers(layer, true), layer.x.dtype)]),
  {
    masking: (layer) => cast(layer.b, anyDiffers(layer, false), "bool"),
    becomes: "Equal, ReduceMax, Mul; the mask goes to the layers behind",
  },
);

/** 1 where a value along the last axis is not maskValue. */
function anyDiffers({ b, x, config }: LayerContext, keep: boolean): Value {
  const value = b.constant(scalar(config.number("maskValue", 0), x.dtype), "mask_value");
  const differs = cast(b, b.add("Not", [b.add("Equal", [x, value])]), "float32");
  return reduce(b, "ReduceMax", differs, [-1], keep);
}
