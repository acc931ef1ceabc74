import { appendFile, open, readFile, truncate } from "node:fs/promises";
import * as z from "zod";
import { ShowtellError } from "../../errors/index.js";
import { explainWriteError } from "../../files/atomic.js";

/** JSON has no NaN and no infinity: it writes them as null. */
const Figure = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const StepEntry = z.object({
  kind: z.literal("step"),
  step: z.int(),
  epoch: z.int(),
  loss: Figure,
  crossEntropy: Figure,
  gradientNorm: Figure,
  learningRate: Figure,
  secondsPerStep: Figure,
  /** Share of the step in which the engine waited for features from disk. */
  idleShare: Figure.optional(),
  /** Mean CIDEr-D of the captions drawn, where training is self-critical. */
  reward: Figure.optional(),
  /** When it was written, in seconds since 1970. */
  time: z.number().optional(),
});

const EpochEntry = z.object({
  kind: z.literal("epoch"),
  epoch: z.int(),
  step: z.int(),
  crossEntropy: Figure,
  seconds: Figure,
  scores: z.record(z.string(), Figure),
  samples: z.array(z.object({ image: z.string(), caption: z.string() })),
  time: z.number().optional(),
});

const LogEntry = z.discriminatedUnion("kind", [StepEntry, EpochEntry]);

export type StepEntry = z.infer<typeof StepEntry>;
export type EpochEntry = z.infer<typeof EpochEntry>;
/** What a line of log.jsonl holds. */
export type LogEntry = StepEntry | EpochEntry;

/** The run's log, one JSON document a line. */
export class TrainingLog {
  private constructor(
    private readonly path: string,
    private length: number,
  ) {}

  /** Opens the log and drops what was written after the checkpoint that the run goes on from. */
  static async open(path: string, bytes: number): Promise<TrainingLog> {
    await (await open(path, "a")).close();
    await truncate(path, bytes);
    return new TrainingLog(path, bytes);
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.length;
  }

  async write(entry: LogEntry): Promise<void> {
    const line = `${JSON.stringify(entry)}\n`;
    try {
      await appendFile(this.path, line);
    } catch (error) {
      await truncate(this.path, this.length);
      throw explainWriteError(error, this.path);
    }
    this.length += Buffer.byteLength(line);
  }

  async entries(): Promise<LogEntry[]> {
    return readLog(this.path);
  }
}

/**
 * Reads a log, that of a run under way too: a last line that is not whole is passed over.
 * @throws ShowtellError RUN_INVALID where another line is damaged; what the system says where there is no file
 */
export async function readLog(path: string): Promise<LogEntry[]> {
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line.trim() !== "");
  return lines.flatMap((line, i) => {
    const entry = parseEntry(line);
    if (entry.success) return [entry.data];
    if (i === lines.length - 1) return [];
    throw new ShowtellError("RUN_INVALID", `${path} is damaged: line ${i + 1} is no entry of a training log.`);
  });
}

function parseEntry(line: string) {
  try {
    return LogEntry.safeParse(JSON.parse(line));
  } catch {
    return { success: false } as const;
  }
}
