import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { calibrationMethod, type Graph } from "../../converter/index.js";
import { assertParity } from "../../converter/verify/index.js";
import { ShowtellError } from "../../errors/index.js";
import { MANIFEST_SCHEMA_ID, type Manifest } from "../../runtime/core/index.js";
import { openBackbone, openTunable, tuned } from "../backbone/index.js";
import { loadWeights } from "../learn/checkpoint.js";
import { type RunDescription, RunFolder } from "../learn/run-folder.js";
import { decoderByName } from "../model/registry.js";
import { fromTokenizerJson } from "../text/index.js";
import {
  ARITHMETICS,
  type Arithmetic,
  buildGraphs,
  type Captioner,
  checkParity,
  type ExportPrecision,
  type GraphParity,
  storedAs,
} from "./graphs.js";
import { calibrationImages, type Int8Options, quantizeGraphs } from "./int8.js";
import { ModelFolderWriter } from "./model-folder.js";
import { stageRecord, stagesOf } from "./stages.js";
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
 * Turns a run's best weights into a model folder: encoder, decoder and captioner (both in one graph, which reads its
 * weights from their files) in each precision, checked against TensorFlow.js value by value, and the captioner against
 * step-wise decoding token by token, before anything takes its place.
 *
 * @throws ShowtellError USAGE, FILE_EXISTS, RUN_INVALID, CHECKPOINT_INVALID, PARITY_FAILED, DISK_FULL; the signal's reason
 */
export async function exportRun(run: string, target: string, options: ExportOptions): Promise<ExportResult> {
  const precisions = [...new Set(options.precisions)].map((name) => {
    const precision = PRECISIONS.find((known) => known === name);
    if (!precision) throw new ShowtellError("USAGE", `No precision "${name}" in export: ${PRECISIONS.join(", ")}.`);
    return precision;
  });
  calibrationMethod(options.int8?.method); // throws before any work
  const compute = arithmeticOf(options);
  const folder = new RunFolder(run);
  const description = await folder.readDescription();
  const { captioner, backbone, progress } = await openRun(folder, description);
  const writer = await ModelFolderWriter.create(target);
  try {
    options.onStage?.("Converting");
    const graphs = await buildGraphs(backbone, captioner);
    const inPrecision = async (precision: ExportPrecision): Promise<Record<"encoder" | "decoder", Graph>> => {
      if (precision === "int8") {
        // What int8 is made of agrees with TensorFlow.js, whether it is stored or not.
        if (!precisions.includes("fp32")) assertParity(await checkParity(backbone, captioner, graphs, "fp32"));
        const images = options.calibration ?? (await calibrationImages(description));
        options.onStage?.(`Calibrating int8 on ${images.length} images`);
        const { signal, int8 } = options;
        const common = { preprocessing: backbone.input, tokens, decoding, signal };
        const small = await quantizeGraphs(graphs, images, { ...common, ...int8 });
        parity.push(...small.parity);
        quantization = small.quantization;
        return small;
      }
      const stored = storedAs(graphs, precision, compute);
      options.onStage?.(`Comparing ${precision} with TensorFlow.js`);
      parity.push(...(await checkParity(backbone, captioner, stored, precision, compute)));
      return stored;
    };
    const roles: Required<Manifest["graphs"]> = { encoder: {}, decoder: {}, captioner: {} };
    const parity: GraphParity[] = [];
    let quantization: Manifest["quantization"];
    const golden: NonNullable<Manifest["golden"]> = [];
    const tokenizerJson = await readFile(folder.tokenizer(), "utf8");
    const { tokens } = fromTokenizerJson(tokenizerJson);
    const { options: trained, dataset } = description;
    const { validationBeam: beam, maxLength, lengthExponent } = trained;
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
    const stages = await stagesOf([run]);
    const manifest: Manifest = {
      $schema: MANIFEST_SCHEMA_ID,
      formatVersion: 1,
      name: options.name ?? basename(target),
      description: `Image captioner: ${backbone.name} features, ${description.captioner.decoder} LSTM, trained on ${dataset.name} with showtell.`,
      licence: { model: "Apache-2.0", notices: [...backbone.notices, ...(options.notices ?? [])] },
      backbone: {
        name: backbone.name,
        layer: backbone.layer,
        weightsSha256: backbone.weightsSha256,
        featureShape: {
          locations: captioner.config.locations,
          channels: captioner.config.channels,
          grid: [...backbone.grid],
        },
      },
      preprocessing: { width: backbone.input.width, height: backbone.input.height, resize: backbone.input.resize },
      decoding,
      tokenizer: await writer.add("tokenizer.json", tokenizerJson),
      tokens,
      graphs: roles,
      parity: parity.map(({ graph, precision, output, shape, maxAbsolute, maxRelative, cosine, tolerance }) => ({
        graph,
        precision,
        output,
        shape,
        maxAbsolute,
        maxRelative,
        ...(cosine !== undefined && { cosine }),
        tolerance,
      })),
      ...(quantization && { quantization }),
      golden,
      evaluation: [],
      training: {
        dataset: dataset.name,
        images: Math.max(...stages.map((stage) => stage.run.dataset.trainImages)),
        captions: Math.max(...stages.map((stage) => stage.run.dataset.captions)),
        engine: description.engine,
        steps: progress.step,
        epoch: progress.bestEpoch + 1,
        validation: { "CIDEr-D": progress.bestScore },
        stages: stages.map(stageRecord),
      },
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

/** The captioner with a run's best weights, and its backbone, with those that the run has tuned. */
async function openRun(folder: RunFolder, { options, captioner, backbone: used }: RunDescription) {
  const { backbone: spec, weights, layer, normalize } = options;
  const { trunk: tunedPart, ...config } = captioner;
  const given = { weights, layer, normalize };
  const { whole, trunk } = tunedPart
    ? await openTunable(spec, given, tunedPart.stage)
    : { whole: await openBackbone(spec, given), trunk: undefined };
  if (whole.weightsSha256 !== used.weightsSha256) {
    throw new ShowtellError("RUN_INVALID", `The weights of ${spec} are not those that ${folder.path} was trained on.`);
  }
  const decoder = decoderByName(config.decoder);
  const specs = decoder.parameters(config);
  const { values, progress } = await loadWeights(folder.best(), [...specs, ...(trunk?.specs ?? [])]);
  const backbone = trunk ? tuned(whole, trunk.specs, values) : whole;
  return { captioner: { decoder, config, specs, values } satisfies Captioner, backbone, progress };
}
