import type { ConvertOptions, InputOverride, Precision } from "../../converter/index.js";
import { ShowtellError } from "../../errors/index.js";

export interface ConvertFlags {
  opset?: number;
  name?: string;
  inputs?: string;
  outputs?: string;
  batch?: number;
  fix?: string[];
  layout?: string;
  precision?: string;
  calibration?: string[];
  calibrationRange?: string;
  calibrationMethod?: string;
  leastDecibels?: number;
  vnni?: boolean;
  optimize: boolean;
  externalData?: boolean;
  force?: boolean;
  import?: string[];
  verify?: boolean;
  input?: string[];
  seed?: number;
  tolerance?: number;
  engine: string;
  json?: boolean;
}

/** The flags as options of the converter, which checks them. */
export function toOptions(flags: ConvertFlags): ConvertOptions {
  const { opset, name, batch, optimize } = flags;
  const inputs: Record<string, InputOverride> = {};
  if (flags.inputs) for (const [source, wish] of names(flags.inputs)) inputs[source] = { name: wish };
  for (const [source, dims] of (flags.fix ?? []).map((text) => pair("--fix", text))) {
    inputs[source] = { ...inputs[source], shape: dims.trim() === "" ? [] : dims.split(",").map(toDim) };
  }
  return {
    ...{ opset, name, batch, optimize, inputs },
    outputs: flags.outputs ? Object.fromEntries(names(flags.outputs)) : undefined,
    layout: flags.layout as "nchw",
    // int8 is made of float32, once the graph's inputs are known.
    precision: flags.precision === "int8" ? "fp32" : (flags.precision as Precision),
  };
}

/** The flags of int8. @throws ShowtellError USAGE where they do not go together */
export function toQuantization(flags: ConvertFlags): { paths: string[]; range?: [number, number] } | undefined {
  const { precision, calibration, calibrationRange, calibrationMethod, leastDecibels, vnni } = flags;
  if (precision !== "int8") {
    const stray = calibration ?? calibrationRange ?? calibrationMethod ?? leastDecibels ?? vnni;
    if (stray === undefined) return undefined;
    throw new ShowtellError(
      "USAGE",
      "--calibration, --calibration-range, --calibration-method, --least-decibels and --vnni go with --precision int8 alone.",
    );
  }
  if (!calibration) {
    throw new ShowtellError(
      "USAGE",
      "--precision int8 wants inputs to observe ranges on: --calibration with a folder of images, or .npy, .npz or .json files.",
    );
  }
  if (calibrationRange === undefined) return { paths: calibration };
  const [black, white, ...more] = calibrationRange
    .split(",")
    .map((text) => (text.trim() === "" ? Number.NaN : Number(text)));
  if (more.length > 0 || !Number.isFinite(black) || !Number.isFinite(white) || black === white) {
    throw new ShowtellError(
      "USAGE",
      `--calibration-range wants what black and white are, such as -1,1; "${calibrationRange}" is given.`,
    );
  }
  return { paths: calibration, range: [black!, white!] };
}

/** `a,b=c`: a under its own name, b as c. */
function names(list: string): [source: string, name: string][] {
  return list.split(",").map((text) => {
    const [source = "", name = source] = text.split("=").map((part) => part.trim());
    if (source === "" || name === "") throw new ShowtellError("USAGE", `"${list}" is no list such as a,b=c.`);
    return [source, name];
  });
}

/** `name=rest`, at the last equals sign. */
export function pair(flag: string, text: string): [name: string, rest: string] {
  const at = text.lastIndexOf("=");
  if (at < 1) throw new ShowtellError("USAGE", `${flag} wants NAME=…, such as ${EXAMPLES[flag]}; "${text}" is given.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

const EXAMPLES: Record<string, string> = { "--fix": "image=1,224,224,3", "--input": "image=photo.npy" };

/** A number fixes an extent, a question mark leaves it as it is, a word names it. */
function toDim(text: string): number | string | null {
  const dim = text.trim();
  if (dim === "?") return null;
  if (/^[a-z_]\w*$/i.test(dim)) return dim;
  const extent = Number(dim);
  if (dim !== "" && Number.isFinite(extent)) return extent;
  throw new ShowtellError("USAGE", `"${text}" is no extent: a number, a question mark or a name is wanted.`);
}
