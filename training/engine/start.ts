import { ShowtellError } from "../../errors/index.js";
import { ENGINE_NAMES, type Engine, type EngineEntry, type EngineName } from "./engine.js";
import { registerGradients } from "./gradients.js";
import { ENGINES } from "./registry.js";
import { selfTest } from "./self-test.js";

/** The engine that runs or is being started, one after the other: there is one back end a process. */
let last: Promise<Engine | undefined> = Promise.resolve(undefined);

/**
 * Starts a tfjs engine and makes it the back end of this process. "auto" takes the best that works here. A second call
 * with the same choice, or with "auto", gives the engine that runs.
 * @throws ShowtellError ENGINE_UNAVAILABLE with the reason when the chosen one does not work; USAGE for an unknown name
 */
export async function startEngine(choice: "auto" | EngineName = "auto"): Promise<Engine> {
  if (choice !== "auto" && !ENGINE_NAMES.includes(choice)) {
    throw new ShowtellError("USAGE", `There is no engine "${choice}": auto, ${ENGINE_NAMES.join(", ")}.`);
  }
  const next = last.then((running) => {
    if (running && (choice === "auto" || running.name === choice)) return running;
    return choice === "auto" ? startBest(ENGINES) : startOne(choice);
  });
  last = next.catch(() => undefined);
  return next;
}

async function startOne(name: EngineName): Promise<Engine> {
  const entry = ENGINES.find((candidate) => candidate.name === name) as EngineEntry;
  const result = await tryEngine(entry);
  if (typeof result === "string") {
    throw new ShowtellError("ENGINE_UNAVAILABLE", `The engine "${name}" does not work here: ${result}.`);
  }
  return result;
}

/** The first entry that starts and passes its self-test. */
export async function startBest(entries: readonly EngineEntry[]): Promise<Engine> {
  const reasons: string[] = [];
  for (const entry of entries) {
    const result = await tryEngine(entry);
    if (typeof result !== "string") return result;
    reasons.push(`${entry.name}: ${result}`);
  }
  throw new ShowtellError("ENGINE_UNAVAILABLE", `No engine works here: ${reasons.join("; ")}.`);
}

/** Starts and tests one engine, or gives the reason why it does not work. */
export async function tryEngine(entry: EngineEntry): Promise<Engine | string> {
  const missing = await entry.missing();
  if (missing !== undefined) return missing;
  try {
    const engine = await entry.start();
    registerGradients();
    await selfTest(engine.tf);
    return engine;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
