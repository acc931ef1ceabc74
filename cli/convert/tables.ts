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
