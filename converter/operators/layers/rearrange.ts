import { channelsLastOrder } from "../../emit/layout.js";
import { reshape, unsqueeze } from "../../emit/shape.js";
import { int64 } from "../../graph/tensor.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/** [N, …] -> [N, product of the rest] */
registerLayer(
  "Flatten",
  ({ b, x, config }) => {
    const rank = x.shape.length;
    const last =
      config.word("dataFormat", "channelsLast") === "channelsFirst" && rank > 1
        ? b.add("Transpose", [x], { perm: channelsLastOrder(rank) })
        : x;
    return b.add("Flatten", [last], { axis: 1 });
  },
  { becomes: "Flatten" },
);

/** [N, …] -> [N, targetShape] */
registerLayer(
  "Reshape",
  ({ b, x, config }) => {
    const target = (config.raw("targetShape") as (number | null)[]).map((extent) =>
      extent === null || extent < 0 ? -1 : extent,
    );
    return reshape(b, x, [0, ...target]);
  },
  { becomes: "Reshape" },
);

/** [N, a, b, …] -> [N, …] by axes counted from 1 */
registerLayer(
  "Permute",
  ({ b, x, config }) => b.add("Transpose", [x], { perm: [0, ...config.numbers("dims", x.shape.length - 1)] }),
  { becomes: "Transpose" },
);

/** [N, D] -> [N, n, D] */
registerLayer(
  "RepeatVector",
  ({ b, x, config }) => {
    const repeats = b.constant(int64([1, config.number("n"), 1]), "repeats");
    return b.add("Expand", [unsqueeze(b, x, [1]), repeats]);
  },
  { becomes: "Unsqueeze, Expand" },
);
