import { Option } from "commander";
import * as z from "zod";
import { flagName } from "../training/learn/flag-name.js";
import { TrainingOptions } from "../training/learn/options.js";
import { toNumber } from "./arguments.js";

/** One flag for each training option, so that none is ever forgotten here. */
export function trainingFlags(): { name: string; option: Option }[] {
  return Object.entries(TrainingOptions.shape).map(([name, schema]) => {
    const { type, default: initial } = z.toJSONSchema(schema) as { type: string; default?: unknown };
    const isNumber = type === "number" || type === "integer";
    const text = initial === undefined ? schema.description : `${schema.description} (default: ${initial})`;
    const value = type === "array" ? "value..." : isNumber ? "n" : "value";
    const option = new Option(`--${flagName(name)} <${value}>`, text);
    return { name, option: isNumber ? option.argParser(toNumber) : option };
  });
}
