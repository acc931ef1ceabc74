import { basename } from "node:path";
import { ShowtellError } from "../../../errors/index.js";
import { readText } from "./text-lines.js";

/** @throws ShowtellError DATASET_FORMAT where the file is no JSON object */
export async function readJsonObject(path: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(await readText(path));
  } catch (error) {
    throw new ShowtellError("DATASET_FORMAT", `${path} is not whole JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!isRecord(value)) throw new ShowtellError("DATASET_FORMAT", `${basename(path)} is not a JSON object.`);
  return value;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws ShowtellError DATASET_FORMAT where the member is no list */
export function listMember(object: Record<string, unknown>, name: string, path: string): unknown[] {
  const list = object[name];
  if (!Array.isArray(list)) throw new ShowtellError("DATASET_FORMAT", `${path} has no list "${name}".`);
  return list;
}
