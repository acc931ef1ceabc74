import type { Converted } from "../../converter/index.js";
import type { Verification } from "../../converter/verify/index.js";
import { textTable } from "../table.js";

const shapeOf = (shape: readonly (number | string)[]) => `[${shape.join(", ")}]`;

/** What the graph takes and gives. */
export function endpointsTable({ inputs, outputs }: Converted["graph"]): string {
  const rows = [
    ...inputs.map((value) => ({ kind: "input", ...value })),
    ...outputs.map((value) => ({ kind: "output", ...value })),
  ];
  return textTable(
    ["", "name", "type", "shape"],
    rows.map(({ kind, name, dtype, shape }) => [kind, name, dtype, shapeOf(shape)]),
  );
}

export function verificationTable({ outputs }: Verification): string {
  const rows = outputs.map(({ output, shape, dtype, maxAbsolute, maxRelative, tolerance, ok }) => [
    output,
    shapeOf(shape),
    dtype,
    maxAbsolute.toExponential(1),
    maxRelative.toExponential(1),
    String(tolerance),
    ok ? "ok" : "FAILED",
  ]);
  return textTable(["output", "shape", "type", "difference", "of peak", "tolerance", ""], rows);
}

/** How far int8 moves each output from float32, and what it saves. */
export function quantizationTable({ report }: Converted): string {
  const { outputs, samples, quantized, stored, left, bytesBefore } = report.quantization!;
  const rows = outputs.map(({ output, maxAbsolute, maxRelative, cosine }) => [
    output,
    maxAbsolute.toExponential(1),
    maxRelative.toExponential(1),
    cosine.toFixed(5),
  ]);
  const sizes = `${(bytesBefore / 1e6).toFixed(1)} MB in float32, ${(report.bytes / 1e6).toFixed(1)} MB in int8`;
  const widened = stored > 0 ? `, ${stored} tables stored as int8` : "";
  const kept = left.length > 0 ? `, ${left.length} products left in float32` : "";
  return [
    textTable(["output", "int8 off by", "of peak", "cosine"], rows),
    `${quantized} nodes run on bytes${widened}${kept}; compared on ${samples} samples; ${sizes}`,
  ].join("\n");
}

export function summary({ report }: Converted): string {
  const { kind, opset, layers, nodesBefore, nodes, parameters, bytes, milliseconds } = report;
  const what = kind === "layers-model" ? "layers" : "nodes";
  return [
    `${kind} of ${layers} ${what}: ${nodes} nodes (${nodesBefore} before they were simplified)`,
    `${parameters.toLocaleString("en")} parameters`,
    `${(bytes / 1e6).toFixed(1)} MB`,
    `opset ${opset}`,
    `${(milliseconds / 1000).toFixed(2)} s`,
  ].join(", ");
}
