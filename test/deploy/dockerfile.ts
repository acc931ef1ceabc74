import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../files/package-root.js";

/** An instruction of a Dockerfile. */
export interface Instruction {
  name: string;
  text: string;
  /** Of instructions in the form of a JSON list. */
  list?: string[];
}

export interface Stage {
  name: string;
  /** Image, or the stage before, that it begins with. */
  from: string;
  instructions: Instruction[];
}

export interface Dockerfile {
  /** Values that a build may replace, before the first stage. */
  defaults: Map<string, string>;
  stages: Stage[];
}

/** Reads deploy/Dockerfile. */
export async function readDockerfile(): Promise<Dockerfile> {
  const text = await readFile(join(packageRoot(), "deploy", "Dockerfile"), "utf8");
  const lines = text.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n\s*/g, "");
  const defaults = new Map<string, string>();
  const stages: Stage[] = [];
  for (const line of lines.split("\n").filter((line) => line.trim())) {
    const [, name = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (name === "FROM") {
      const [, from = "", as = ""] = /^(\S+) AS (\S+)$/.exec(rest) ?? [];
      const filledIn = from.replaceAll(/\$\{(\w+)\}/g, (_, key: string) => defaults.get(key) ?? "");
      stages.push({ name: as, from: filledIn, instructions: [] });
    } else if (!stage) {
      const [key = "", value = ""] = rest.split("=");
      defaults.set(key, value);
    } else {
      const list = /(?:^|CMD )(\[.*\])$/.exec(rest)?.[1];
      stage.instructions.push({ name, text: rest, ...(list ? { list: JSON.parse(list) as string[] } : {}) });
    }
  }
  return { defaults, stages };
}

/** An instruction of a stage. @throws Error if there is none */
export function instruction(stage: Stage, name: string): Instruction {
  const found = stage.instructions.find((other) => other.name === name);
  if (!found) throw new Error(`${stage.name} has no ${name}`);
  return found;
}

/** Variables that a stage sets. */
export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = instruction(stage, "ENV").text.split(" ");
  return Object.fromEntries(pairs.map((pair) => pair.split("=") as [string, string]));
}
