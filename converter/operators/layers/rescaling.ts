import { cast } from "../../emit/cast.js";
import { scalar } from "../../graph/tensor.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/** x scale + offset */
registerLayer(
  "Rescaling",
  ({ b, x, config }) => {
    const scaled = b.add("Mul", [cast(b, x, "float32"), b.constant(scalar(config.number("scale")), "scale")]);
    const offset = config.number("offset", 0);
    return offset === 0 ? scaled : b.add("Add", [scaled, b.constant(scalar(offset), "offset")]);
  },
  { becomes: "Mul, Add" },
);
