import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { ShowtellError } from "../../errors/index.js";
import { writeFileAtomic } from "../../files/atomic.js";
import { TrainingOptions } from "./options.js";

/** What run.json holds: all that is needed to go on, to export and to tell how a model was trained. */
export const RunDescription = z.object({
  formatVersion: z.literal(1),
  options: TrainingOptions,
  engine: z.string(),
  dataset: z.object({
    name: z.string(),
    format: z.string(),
    trainImages: z.int(),
    validationImages: z.int(),
    captions: z.int(),
  }),
  backbone: z.object({ name: z.string(), layer: z.string(), weightsSha256: z.string(), notices: z.array(z.string()) }),
  captioner: z.object({
    decoder: z.string(),
    locations: z.int(),
    channels: z.int(),
    featureSize: z.int(),
    featureEmbedding: z.boolean(),
    attentionSize: z.int(),
    embeddingSize: z.int(),
    hiddenSize: z.int(),
    vocabularySize: z.int(),
    trunk: z.object({ stage: z.string(), locations: z.int(), channels: z.int() }).optional(),
  }),
});
export type RunDescription = z.infer<typeof RunDescription>;

/** The files of a run. */
export class RunFolder {
  constructor(readonly path: string) {}

  readonly description = () => join(this.path, "run.json");
  readonly tokenizer = () => join(this.path, "tokenizer.json");
  readonly datasetReport = () => join(this.path, "dataset-report.json");
  readonly log = () => join(this.path, "log.jsonl");
  readonly curves = () => join(this.path, "curves.svg");
  readonly last = () => join(this.path, "checkpoints", "last.safetensors");
  readonly best = () => join(this.path, "checkpoints", "best.safetensors");

  exists(): boolean {
    return existsSync(this.description());
  }

  /** @throws ShowtellError RUN_INVALID where the folder is no run, or its description is damaged */
  async readDescription(): Promise<RunDescription> {
    if (!this.exists()) throw new ShowtellError("RUN_INVALID", `${this.path} is not a run: it has no run.json.`);
    try {
      return RunDescription.parse(JSON.parse(await readFile(this.description(), "utf8")));
    } catch (error) {
      throw new ShowtellError("RUN_INVALID", `${this.description()} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async writeDescription(description: RunDescription): Promise<void> {
    await writeFileAtomic(this.description(), `${JSON.stringify(description, null, 2)}\n`);
  }
}
