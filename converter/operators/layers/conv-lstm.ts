import { channelsFirstOrder, channelsLastOrder } from "../../emit/layout.js";
import { extents, slice, squeeze } from "../../emit/shape.js";
import { type Sliding, slidingAttributes } from "../../emit/window.js";
import type { Value } from "../../graph/builder.js";
import { ceilDivide, floorDivide, plus } from "../../graph/dims.js";
import { transposed } from "../../graph/tensor.js";
import type { Dim } from "../../graph/types.js";
import type { LayerContext } from "../../read/layers-model/registry.js";
import { type Cell, lstmGates, registerCell } from "./cells.js";
import { RECURRENT_LIMITS, registerRecurrent } from "./recurrent.js";

/** An LSTM whose products are convolutions (Shi et al. 2015). One step: [N, rows, columns, C], or channels first. */
const CONV_LSTM: Cell = {
  states: (cell, x) => {
    const spatial = isChannelsFirst(cell) ? x.shape.slice(-2) : x.shape.slice(-3, -1);
    const { kernel, strides, dilations, padding } = inputWindow(cell);
    const extents = spatial.map((extent, i): Dim => {
      if (padding === "same") return ceilDivide(extent, strides[i]!);
      return plus(floorDivide(plus(extent, -((kernel[i]! - 1) * dilations[i]! + 1)), strides[i]!), 1);
    });
    const filters = cell.config.count("filters");
    const shape = isChannelsFirst(cell) ? [filters, ...extents] : [...extents, filters];
    return [shape, shape];
  },
  extent: (cell, x, axis) => {
    const first = squeeze(cell.b, slice(cell.b, x, [{ axis: 1, start: 0, end: 1 }]), [1]);
    const made = convolution(cell, first, "kernel", inputWindow(cell), []); // channels first
    const at = isChannelsFirst(cell) ? axis : axis + 1;
    return extents(cell.b, made, at, at + 1);
  },
  project: (_, x) => x,
  step: (cell, x, [h, c]) => {
    const { b, config } = cell;
    const bias = config.boolean("useBias", true) ? [cell.constant("bias", 1)] : [];
    const own = inputWindow(cell);
    const recurrent: Sliding = { kernel: own.kernel, strides: [1, 1], dilations: [1, 1], padding: "same" };
    const fromInput = convolution(cell, x, "kernel", own, bias);
    const gates = b.add("Add", [fromInput, convolution(cell, h!, "recurrent_kernel", recurrent, [])]);
    if (isChannelsFirst(cell)) return lstmGates(cell, gates, c!, 1);
    return lstmGates(cell, b.add("Transpose", [gates], { perm: channelsLastOrder(4) }), c!, 3);
  },
};

const isChannelsFirst = ({ config }: LayerContext) => config.word("dataFormat", "channelsLast") === "channelsFirst";

function inputWindow({ config, unsupported }: LayerContext): Sliding {
  const padding = config.word("padding", "valid");
  if (padding !== "same" && padding !== "valid") throw unsupported(`padding ${padding}`);
  return {
    kernel: config.numbers("kernelSize", 2),
    strides: config.numbers("strides", 2, 1),
    dilations: config.numbers("dilationRate", 2, 1),
    padding,
  };
}

/** Gives channels first. Kernel [rows, columns, in, out] -> [out, in, rows, columns] */
function convolution(cell: LayerContext, x: Value, name: string, window: Sliding, bias: Value[]): Value {
  const { b } = cell;
  const first = isChannelsFirst(cell) ? x : b.add("Transpose", [x], { perm: channelsFirstOrder(4) });
  const kernel = b.constant(transposed(cell.weight(name, 4), [3, 2, 0, 1]), name);
  return b.add("Conv", [first, kernel, ...bias], slidingAttributes(first, window));
}

registerCell("ConvLSTM2DCell", CONV_LSTM, { becomes: "within a ConvLSTM2D: the body of a Scan" });
registerRecurrent("ConvLSTM2D", CONV_LSTM, {
  becomes: "Scan over Conv",
  limits: RECURRENT_LIMITS,
});
