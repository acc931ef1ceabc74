import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema } from "onnx-buf";
import { ShowtellError } from "../../errors/index.js";
import { readModel } from "../read/onnx.js";
import { declaredTypes, inferShapes } from "./shapes.js";
import { structureFaults } from "./structure.js";
import type { FileSize } from "./tensors.js";

export type { FileSize } from "./tensors.js";

/** What was found in an ONNX file. */
export interface OnnxCheck {
  /** What is wrong, in plain words; none where the file is sound. */
  faults: string[];
  opset?: number;
  /** Outputs of nodes, also in bodies, and how many of their shapes follow from what the nodes read. */
  outputs: number;
  inferred: number;
}

/** The first version of the file format with operator sets, and the newest known. */
const IR = [3, 13] as const;

/** The least version of the format for each operator set of ONNX's own, newest first. */
const IR_OF_OPSET = [
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
] as const;

/** No operator set newer than this is known. */
const NEWEST_OPSET = 26;

/**
 * Holds an ONNX file against the rules of the format, as `onnx.checker` does with shape inference: versions, names, the
 * order of nodes, constants and where they lie, nodes against their operators, bodies of loops and branches, shapes.
 * @param fileSize of the files that may hold its constants; without it none may
 */
export function checkOnnx(bytes: Uint8Array, fileSize: FileSize = () => undefined): OnnxCheck {
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch {
    return { faults: ["the bytes are no ONNX file"], outputs: 0, inferred: 0 };
  }
  const opsets = new Map(
    model.opsetImport.map(({ domain, version }) => [domain === "ai.onnx" ? "" : domain, Number(version)]),
  );
  const opset = opsets.get("");
  const faults = versionFaults(model, opset);
  if (!model.graph) return { faults: [...faults, "it holds no graph"], opset, outputs: 0, inferred: 0 };
  faults.push(...structureFaults(model.graph, { opsets, fileSize }));
  // What is put together wrongly has no shapes to infer.
  if (faults.length > 0 || model.functions.length > 0 || opset === undefined)
    return { faults, opset, outputs: 0, inferred: 0 };
  return { opset, ...shapes(model) };
}

function shapes(model: ModelProto): Omit<OnnxCheck, "opset"> {
  try {
    const graph = readModel(model, { external: "types", annotated: false });
    return inferShapes(graph, declaredTypes(graph));
  } catch (error) {
    // Sparse tensors, sequences and the like: nothing is wrong with them, but nothing is known of shapes either.
    if (error instanceof ShowtellError && error.code === "CONVERT_UNSUPPORTED")
      return { faults: [], outputs: 0, inferred: 0 };
    return { faults: [(error as Error).message.replace(/\.$/, "")], outputs: 0, inferred: 0 };
  }
}

function versionFaults({ irVersion, opsetImport }: ModelProto, opset: number | undefined): string[] {
  const ir = Number(irVersion);
  const faults: string[] = [];
  if (ir < IR[0] || ir > IR[1]) faults.push(`the format's version is ${ir}; ${IR.join(" to ")} are known`);
  const domains = opsetImport.map(({ domain }) => (domain === "ai.onnx" ? "" : domain));
  for (const [i, domain] of domains.entries()) {
    if (domains.indexOf(domain) !== i) faults.push(`the operator set "${domain}" is named twice`);
  }
  if (opsetImport.length === 0) faults.push("it names no operator set");
  if (opset === undefined) return faults;
  if (!(opset >= 1 && opset <= NEWEST_OPSET)) faults.push(`opset ${opset} is not one of 1 to ${NEWEST_OPSET}`);
  const least = IR_OF_OPSET.find(([from]) => opset >= from)?.[1] ?? IR[0];
  if (ir < least) faults.push(`opset ${opset} needs version ${least} of the format; it is ${ir}`);
  return faults;
}
