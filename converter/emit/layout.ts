import type { GraphBuilder, Value } from "../graph/builder.js";
import { squeeze, unsqueeze } from "./shape.js";

/** [N, spatial …, C] -> [N, C, spatial …] */
export function toChannelsFirst(b: GraphBuilder, x: Value): Value {
  return b.add("Transpose", [x], { perm: channelsFirstOrder(x.shape.length) });
}

/** [N, C, spatial …] -> [N, spatial …, C] */
export function toChannelsLast(b: GraphBuilder, x: Value): Value {
  return b.add("Transpose", [x], { perm: channelsLastOrder(x.shape.length) });
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

export const channelsFirstOrder = (rank: number) => [0, rank - 1, ...range(1, rank - 1)];
export const channelsLastOrder = (rank: number) => [0, ...range(2, rank), 1];

/** Runs `make` on [N, C, spatial …], whichever way the layer's data lie. */
export function inChannelsFirst(
  b: GraphBuilder,
  x: Value,
  dataFormat: string,
  make: (channelsFirst: Value) => Value,
): Value {
  if (dataFormat === "channelsFirst") return make(x);
  return toChannelsLast(b, make(toChannelsFirst(b, x)));
}

/** Runs `make` with a batch axis in front where `x` has one axis less than `rank`, as TensorFlow.js does for one image. */
export function inBatch(b: GraphBuilder, x: Value, rank: number, make: (batched: Value) => Value): Value {
  return x.shape.length === rank - 1 ? squeeze(b, make(unsqueeze(b, x, [0])), [0]) : make(x);
}
