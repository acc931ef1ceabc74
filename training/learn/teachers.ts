import { readFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import { fineTuned } from "../model/fine-tuned.js";
import { decoderByName } from "../model/registry.js";
import { type CaptionBatch, type CaptionerConfig, type Decoder, inputShape, type Parameters } from "../model/types.js";
import { toTokenizerJson } from "../text/index.js";
import { loadWeights } from "./checkpoint.js";
import { withoutWords } from "./forbidden-words.js";
import type { PreparedRun } from "./prepare.js";
import { RunFolder } from "./run-folder.js";
import { UNWRITABLE } from "./sample.js";

interface Teacher {
  decoder: Decoder;
  config: CaptionerConfig;
  parameters: Parameters;
}

/**
 * Trained captioners whose predictions another one learns, word by word (Hinton et al. 2015; Kim and Rush 2016, section 3.1):
 * several are an ensemble, of which the mean probability counts.
 */
export class Teachers {
  private constructor(private readonly teachers: Teacher[]) {}

  /**
   * @param paths folders of runs
   * @throws ShowtellError RUN_INVALID, CHECKPOINT_INVALID; USAGE where a teacher has other words or reads other features
   */
  static async open(
    paths: readonly string[],
    run: Pick<PreparedRun, "backbone" | "vocabulary" | "config" | "trunk">,
  ): Promise<Teachers> {
    return new Teachers(await Promise.all(paths.map((path) => openTeacher(path, run))));
  }

  /** Mean probability of every word, [P, V], where the batch has words to predict. */
  async predict(batch: CaptionBatch): Promise<Float32Array> {
    const mean = tf.tidy(() => {
      const predicted = this.teachers.map(({ decoder, config, parameters }) => {
        const features = tf.tensor3d(batch.features, [batch.images, ...inputShape(config)]); //  [N, L, D]
        const { logits } = decoder.teacherForced(parameters, batch, features, config, (_, x) => x);
        return tf.softmax(withoutWords(logits, UNWRITABLE)); //                                  [P, V]
      });
      return tf.addN(predicted).div(predicted.length); //                                        [P, V]
    });
    try {
      return await mean.data<"float32">();
    } finally {
      mean.dispose();
    }
  }

  dispose(): void {
    for (const { parameters } of this.teachers) tf.dispose(parameters);
  }
}

async function openTeacher(
  path: string,
  { backbone, vocabulary, config: own, trunk }: Pick<PreparedRun, "backbone" | "vocabulary" | "config" | "trunk">,
): Promise<Teacher> {
  const folder = new RunFolder(path);
  const { captioner: config, backbone: read } = await folder.readDescription();
  if ((await readFile(folder.tokenizer(), "utf8")) !== toTokenizerJson(vocabulary)) {
    throw new ShowtellError("USAGE", `The teacher ${path} has another vocabulary than this run.`);
  }
  const sameFeatures = read.layer === backbone.layer && read.weightsSha256 === backbone.weightsSha256;
  if (!sameFeatures || config.trunk?.stage !== own.trunk?.stage) {
    throw new ShowtellError(
      "USAGE",
      `The teacher ${path} reads other features than this run: both need the same --backbone, --layer and --fine-tune.`,
    );
  }
  const alone = decoderByName(config.decoder);
  const decoder = trunk ? fineTuned(alone, trunk) : alone;
  const specs = decoder.parameters(config);
  const { values } = await loadWeights(folder.best(), specs);
  const parameters = Object.fromEntries(specs.map(({ name, shape }) => [name, tf.tensor(values[name], shape)]));
  return { decoder, config, parameters };
}
