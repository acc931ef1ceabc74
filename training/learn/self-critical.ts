import { ShowtellError } from "../../errors/index.js";
import { CiderD } from "../metrics/cider-d.js";
import { mean } from "../metrics/types.js";
import type { CaptionBatch } from "../model/types.js";
import { SPECIAL_TOKENS, SPECIAL_WORDS, type Vocabulary } from "../text/index.js";
import { layOutCaptions } from "./batches.js";
import type { Objective, Plan } from "./objective.js";
import type { TrainingOptions } from "./options.js";
import type { PreparedRun } from "./prepare.js";
import { type Sample, Sampler } from "./sample.js";

/** The end of a caption as a word of the reward: without it, captions that break off would lose nothing. */
const END_WORD = "<end>";

/** So many steps in a row in which all samples of every image earn the same mean that nothing is learnt. */
const STALLED_STEPS = 50;

/**
 * Self-critical sequence training (Rennie et al. 2017, eq. 7 and 8): captions are drawn from the model, and each is made
 * likelier by as much as its CIDEr-D lies above the mean of the other samples of its image (Luo 2020, eq. 4).
 */
export class SelfCritical implements Objective {
  /** A drawn word is certain: there is nothing to smooth. */
  readonly labelSmoothing = 0;
  private readonly sampler: Sampler;
  private readonly scorer: CiderD;
  private readonly vocabulary: Vocabulary;
  private stalled = 0;

  constructor(
    run: Pick<PreparedRun, "decoder" | "config" | "vocabulary" | "trainImages">,
    private readonly options: Pick<TrainingOptions, "samplesPerImage" | "maxLength" | "seed">,
  ) {
    this.sampler = new Sampler(run.decoder, run.config, run.decoder.parameters(run.config));
    this.vocabulary = run.vocabulary;
    this.scorer = new CiderD(
      new Map(
        run.trainImages.map(({ captions }, index) => [
          String(index),
          captions.map((caption) => [...this.vocabulary.decode(caption).map(known), END_WORD]),
        ]),
      ),
    );
  }

  /** @throws ShowtellError REWARD_CONSTANT where the samples have earned the same for many steps */
  async batch({ indices, features, step, values }: Plan): Promise<{ batch: CaptionBatch; reward: number }> {
    const { samplesPerImage, maxLength, seed } = this.options;
    const samples = await this.sampler.draw(values, features, { samplesPerImage, maxLength, seed, step });
    const rewards = samples.map((own, n) => own.map((sample) => this.reward(indices[n], sample)));
    const captions = samples.map((own, n) => own.map((sample, k) => ({ ...sample, weight: advantage(rewards[n], k) })));
    this.watch(captions.flat().every(({ weight }) => weight === 0));
    return { batch: layOutCaptions(captions, features), reward: mean(rewards.flat()) };
  }

  dispose(): void {
    this.sampler.dispose();
  }

  private reward(index: number, { words, ended }: Sample): number {
    const caption = this.vocabulary.decode(words);
    return this.scorer.score(String(index), ended ? [...caption, END_WORD] : caption);
  }

  private watch(constant: boolean): void {
    this.stalled = constant ? this.stalled + 1 : 0;
    if (this.stalled < STALLED_STEPS) return;
    throw new ShowtellError(
      "REWARD_CONSTANT",
      `All captions drawn in the last ${STALLED_STEPS} steps earned the same reward as the others of their image.`,
    );
  }
}

/** Words outside the vocabulary cannot be written: nothing that is drawn may match them. */
const known = (word: string) => (word === SPECIAL_WORDS[SPECIAL_TOKENS.unk] ? "<other>" : word);

/** The reward of sample k over the mean of the others. */
function advantage(rewards: readonly number[], k: number): number {
  const total = rewards.reduce((sum, reward) => sum + reward, 0);
  return rewards[k] - (total - rewards[k]) / (rewards.length - 1);
}
