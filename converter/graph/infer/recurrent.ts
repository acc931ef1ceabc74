import { intOf, stringOf } from "../attributes.js";
import { registerInference } from "./registry.js";

registerInference(["LSTM", "GRU", "RNN"], ({ node, types, outputs }) => {
  const [x] = types; // [T, N, D]
  if (!x || intOf(node, "layout", 0) === 1) return [];
  const hidden = intOf(node, "hidden_size", 0);
  const directions = stringOf(node, "direction", "forward") === "bidirectional" ? 2 : 1;
  const [time, batch] = [x.shape[0]!, x.shape[1]!];
  const sequence = { dtype: x.dtype, shape: [time, directions, batch, hidden] };
  const state = { dtype: x.dtype, shape: [directions, batch, hidden] };
  return [sequence, state, state].slice(0, outputs);
});
