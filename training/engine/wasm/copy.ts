type Values = Float32Array | Int32Array | Uint8Array;

/** `count` runs of `length` values, from `from[fromAt + i * fromStride]` to `to[toAt + i * toStride]`. */
export function copyRuns(
  from: Values,
  fromAt: number,
  fromStride: number,
  to: Values,
  toAt: number,
  toStride: number,
  length: number,
  count: number,
): void {
  if (length === fromStride && length === toStride) {
    to.set(from.subarray(fromAt, fromAt + length * count), toAt);
    return;
  }
  for (let i = 0; i < count; i++) {
    const source = fromAt + i * fromStride;
    const target = toAt + i * toStride;
    // For short runs a view costs more than the copy.
    if (length < 32) for (let j = 0; j < length; j++) to[target + j] = from[source + j];
    else to.set(from.subarray(source, source + length), target);
  }
}
