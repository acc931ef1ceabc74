import { basename } from "node:path";
import { calibrationMethod, type Graph } from "../../converter/index.js";
import { assertParity } from "../../converter/verify/index.js";
import { ShowtellError } from "../../errors/index.js";
import type { Manifest } from "../../runtime/core/index.js";
import { fromTokenizerJson } from "../text/index.js";
import { describeRuns } from "./describe-runs.js";
import { ensembleParity } from "./ensemble/parity.js";
import { ARITHMETICS, type Arithmetic, type ExportPrecision, type GraphParity, storedAs } from "./graphs.js";
import { calibrationImages, type Int8Options, quantizeGraphs } from "./int8.js";
import { buildMembers, checkMembers } from "./members.js";
import { ModelFolderWriter } from "./model-folder.js";
import { type OpenRun, openRuns } from "./open-run.js";
import { storeGraphs } from "./stored-graphs.js";

const PRECISIONS: ExportPrecision[] = ["fp32", "fp16", "int8"];

export interface ExportOptions {
  precisions: string[];
  /** Name in the manifest; the folder's name by default. */
  name?: string;
  /** Images that int8 is calibrated on; some of the run's training split by default. */
  calibration?: (string | Uint8Array)[];
  /** What fp16 computes in: `fp32` (by default), with weights widened on the way, or `fp16`, for GPUs. */
  compute?: string;
  /** How int8's ranges are chosen, and below which signal-to-noise ratio a node stays in float32. */
  int8?: Int8Options;
  /** Further notices for the model's licence, such as the data set's. */
  notices?: string[];
  onStage?(stage: string): void;
  signal?: AbortSignal;
}

export interface ExportResult {
  manifest: Manifest;
  parity: GraphParity[];
}

/**
 * Turns a run's best weights, or an ensemble of several runs', into a model folder: encoder, decoder and captioner (both in one graph, which reads its
 * weights from their files) in each precision, checked against TensorFlow.js value by value, and the captioner against
 * step-wise decoding token by token, before anything takes its place.
 *
 * @throws ShowtellError USAGE, FILE_EXISTS, RUN_INVALID, CHECKPOINT_INVALID, PARITY_FAILED, DISK_FULL; the signal's reason
 */
export async function exportRun(
  run: string | readonly string[],
  target: string,
  options: ExportOptions,
): Promise<ExportResult> {
  const precisions = [...new Set(options.precisions)].map((name) => {
    const precision = PRECISIONS.find((known) => known === name);
    if (!precision) throw new ShowtellError("USAGE", `No precision "${name}" in export: ${PRECISIONS.join(", ")}.`);
    return precision;
  });
  calibrationMethod(options.int8?.method); // throws before any work
  const compute = arithmeticOf(options);
  const runs = await openRuns([run].flat());
  const [{ description, backbone, tokenizerJson }] = runs as [OpenRun];
  const writer = await ModelFolderWriter.create(target);
  try {
    options.onStage?.("Converting");
    const built = await buildMembers(runs);
    const graphs = { encoder: built.encoder, decoder: built.decoder };
    const inPrecision = async (precision: ExportPrecision): Promise<Record<"encoder" | "decoder", Graph>> => {
      if (precision === "int8") {
        // What int8 is made of agrees with TensorFlow.js, whether it is stored or not.
        if (!precisions.includes("fp32")) assertParity(await checkMembers(built, "fp32"));
        const images = options.calibration ?? (await calibrationImages(description));
        options.onStage?.(`Calibrating int8 on ${images.length} images`);
        const { signal, int8 } = options;
        const common = { preprocessing: backbone.input, tokens, decoding, signal };
        const small = await quantizeGraphs(graphs, images, { ...common, ...int8 });
        parity.push(...small.parity);
        quantization = small.quantization;
        return small;
      }
      options.onStage?.(`Comparing ${precision} with TensorFlow.js`);
      parity.push(...(await checkMembers(built, precision, compute)));
      return storedAs(graphs, precision, compute);
    };
    const roles: Required<Manifest["graphs"]> = { encoder: {}, decoder: {}, captioner: {} };
    const parity: GraphParity[] = runs.length === 1 ? [] : await ensembleParity(built);
    let quantization: Manifest["quantization"];
    const golden: NonNullable<Manifest["golden"]> = [];
    const { tokens } = fromTokenizerJson(tokenizerJson);
    const { validationBeam: beam, maxLength, lengthExponent } = description.options;
    const decoding = { beam, maxLength, lengthExponent };
    for (const precision of precisions) {
      options.signal?.throwIfAborted();
      const stored = await inPrecision(precision);
      options.onStage?.(`Storing ${precision}, comparing the captioner with step-wise decoding`);
      const written = await storeGraphs(writer, stored, precision, {
        ...{ tokens, decoding, input: backbone.input },
        ...(precision === "fp16" && { compute }),
      });
      for (const role of ["encoder", "decoder", "captioner"] as const) roles[role][precision] = written.files[role];
      parity.push(...written.parity);
      golden.push(written.golden);
    }
    const failed = parity.find((row) => !row.ok);
    if (failed) {
      const { graph, precision, output, maxRelative, cosine } = failed;
      const off =
        output === "tokens"
          ? `another caption for ${failed.maxAbsolute} images`
          : cosine === undefined
            ? `${maxRelative} of the peak`
            : `a cosine of ${cosine} to float32`;
      throw new ShowtellError("PARITY_FAILED", `${graph} ${precision}, output ${output}: ${off}.`);
    }
    const manifest: Manifest = {
      ...(await describeRuns(runs, { name: options.name ?? basename(target), notices: options.notices })),
      decoding,
      tokenizer: await writer.add("tokenizer.json", tokenizerJson),
      tokens,
      graphs: roles,
      parity: parity.map(({ dtype: _dtype, ok: _ok, ...row }) => row),
      ...(quantization && { quantization }),
      golden,
      evaluation: [],
    };
    options.signal?.throwIfAborted();
    await writer.finish(manifest);
    return { manifest, parity };
  } finally {
    await writer.discard();
  }
}

function arithmeticOf({ compute = "fp32", precisions }: ExportOptions): Arithmetic {
  const known = ARITHMETICS.find((name) => name === compute);
  if (!known) throw new ShowtellError("USAGE", `fp16 computes in ${ARITHMETICS.join(" or ")}, not in "${compute}".`);
  if (known === "fp16" && !precisions.includes("fp16")) {
    throw new ShowtellError("USAGE", "Arithmetic in float16 goes with precision fp16: ask for it too.");
  }
  return known;
}
