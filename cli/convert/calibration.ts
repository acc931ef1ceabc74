import { existsSync } from "node:fs";
import type { Converted, Sample, ValueInfo } from "../../converter/index.js";
import type { Values } from "../../converter/verify/index.js";
import { ShowtellError } from "../../errors/index.js";
import { expandImages } from "../image-arguments.js";
import { imageFrame, readImage } from "./calibration-images.js";

/** More inputs than these tell nothing more of the ranges: of more, as many are taken, evenly spread. */
const MOST = 128;

/** Inputs to calibrate on, and what they are. */
export interface CalibrationInputs {
  samples: Sample[] | AsyncIterable<Sample>;
  description: string;
}

/**
 * Turns what is named on the command line into inputs of a graph: images and folders of images for the input that takes
 * pictures, .npy, .json and .npz files for any, as NAME=FILE where there are several inputs.
 * @param range what black and white are for the model; by default 0 and 1 for floats, 0 and 255 for whole numbers
 * @throws ShowtellError USAGE, FILE_NOT_FOUND; IMAGE_UNREADABLE where the samples are gone through
 */
export async function calibrationInputs(
  paths: string[],
  { graph, origin }: Converted,
  range?: [black: number, white: number],
): Promise<CalibrationInputs> {
  const arrays: Record<string, Values[]> = {};
  const images: string[] = [];
  const { readArchive, readValues } = await import("../../converter/verify/index.js");
  for (const given of paths) {
    const { input, path } = named(given, graph.inputs);
    if (/\.npz$/i.test(path)) {
      for (const [name, values] of Object.entries(await readArchive(path))) {
        collect(arrays, inputOf(graph.inputs, name), values);
      }
    } else if (/\.(npy|json)$/i.test(path)) {
      collect(arrays, inputOf(graph.inputs, input), await readValues(path));
    } else images.push(path);
  }
  if (images.length === 0) return fromArrays(graph.inputs, arrays);
  if (Object.keys(arrays).length > 0) {
    throw new ShowtellError("USAGE", "Calibrate on images or on arrays: both are given.");
  }
  const frame = imageFrame(graph.inputs, origin, range);
  const found = (await expandImages(images, false)).map(({ input }) => input);
  const files = spread(found, MOST);
  return {
    samples: {
      async *[Symbol.asyncIterator]() {
        for (const file of files) yield { [frame.input.name]: await readImage(file, frame) };
      },
    },
    description: `${files.length} of ${found.length} images, pixels as ${frame.black} to ${frame.white}`,
  };
}

/** `NAME=PATH` where NAME is an input, else a path. */
function named(text: string, inputs: ValueInfo[]): { input?: string; path: string } {
  const at = text.indexOf("=");
  const name = text.slice(0, Math.max(0, at));
  if (at < 1 || existsSync(text) || !inputs.some((input) => input.name === name)) return { path: text };
  return { input: name, path: text.slice(at + 1) };
}

function inputOf(inputs: ValueInfo[], name?: string): ValueInfo {
  const found = name === undefined || inputs.length === 1 ? inputs[0]! : inputs.find((input) => input.name === name);
  if (found && (name !== undefined || inputs.length === 1)) return found;
  const known = inputs.map((input) => input.name).join(", ");
  throw new ShowtellError(
    "USAGE",
    `${name === undefined ? "Several inputs want values" : `The graph has no input "${name}"`}: give ${inputs[0]!.name}=FILE.npy for each, or a .npz, of: ${known}.`,
  );
}

function collect(arrays: Record<string, Values[]>, input: ValueInfo, values: Values): void {
  arrays[input.name] = [...(arrays[input.name] ?? []), ...split(input, values)];
}

/** One sample for each index of a free batch; an array that fits as a whole is one sample; batch axes left out are added. */
function split(input: ValueInfo, { shape, data }: Values): Values[] {
  const whole = shape.length === input.shape.length ? shape : [1, ...shape];
  const fits = (extents: number[]) =>
    extents.length === input.shape.length &&
    input.shape.every((dim, i) => typeof dim === "string" || dim === extents[i]);
  const [batch] = input.shape;
  const rows = batch === "N" ? 1 : typeof batch === "number" ? batch : whole[0]!;
  const one = [rows, ...whole.slice(1)];
  if (!fits(one) || !(whole[0]! >= rows) || rows === 0) {
    const wanted = `${input.dtype} [${input.shape.join(", ")}]`;
    throw new ShowtellError(
      "USAGE",
      `Input "${input.name}" is ${wanted}; [${shape.join(", ")}] is given to calibrate on.`,
    );
  }
  const size = one.reduce((a, b) => a * b, 1);
  const numbers = data as number[];
  return Array.from({ length: Math.floor(whole[0]! / rows) }, (_, i) => ({
    dtype: input.dtype,
    shape: one,
    data: numbers.slice(i * size, (i + 1) * size),
  }));
}

function fromArrays(inputs: ValueInfo[], arrays: Record<string, Values[]>): CalibrationInputs {
  const missing = inputs.find(({ name }) => !arrays[name]?.length);
  if (missing) throw new ShowtellError("USAGE", `There are no values to calibrate input "${missing.name}" on.`);
  const counts = inputs.map(({ name }) => arrays[name]!.length);
  if (new Set(counts).size > 1) {
    const list = inputs.map(({ name }, i) => `${name} ${counts[i]}`).join(", ");
    throw new ShowtellError("USAGE", `The inputs have different numbers of samples to calibrate on: ${list}.`);
  }
  const all = Array.from({ length: counts[0]! }, (_, i) =>
    Object.fromEntries(inputs.map(({ name }) => [name, arrays[name]![i]!])),
  );
  const samples = spread(all, MOST);
  return { samples, description: `${samples.length} of ${all.length} samples` };
}

function spread<T>(all: T[], most: number): T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!);
}
