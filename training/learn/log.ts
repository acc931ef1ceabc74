import { appendFile, open, readFile, truncate } from "node:fs/promises";
import { explainWriteError } from "../../files/atomic.js";

/** What a line of log.jsonl holds. */
export type LogEntry =
  | {
      kind: "step";
      step: number;
      epoch: number;
      loss: number;
      crossEntropy: number;
      gradientNorm: number;
      learningRate: number;
      secondsPerStep: number;
      /** Mean CIDEr-D of the captions drawn, where training is self-critical. */
      reward?: number;
    }
  | {
      kind: "epoch";
      epoch: number;
      step: number;
      crossEntropy: number;
      seconds: number;
      scores: Record<string, number>;
      samples: { image: string; caption: string }[];
    };

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
    const text = await readFile(this.path, "utf8");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LogEntry);
  }
}
