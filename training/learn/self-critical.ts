import { ShowtellError } from "../../errors/index.js";
import { sentenceBleu } from "../metrics/bleu.js";
import { CiderD } from "../metrics/cider-d.js";
import { mean } from "../metrics/types.js";
import type { CaptionBatch } from "../model/types.js";
import { SPECIAL_TOKENS, SPECIAL_WORDS, type Vocabulary } from "../text/index.js";
import { layOutCaptions, type TrainingImage } from "./batches.js";
import type { Objective, Plan } from "./objective.js";
import type { TrainingOptions } from "./options.js";
import type { PreparedRun } from "./prepare.js";
import { type Sample, Sampler, UNWRITABLE } from "./sample.js";

/** The end of a caption as a word of the reward: without it, captions that break off would lose nothing. */
const END_WORD = "<end>";

/** So many steps in a row in which all samples of every image earn the same mean that nothing is learnt. */
const STALLED_STEPS = 50;

/**
 * Self-critical sequence training (Rennie et al. 2017, eq. 7 and 8): captions are drawn from the model, and each is made
 * likelier by as much as its reward, CIDEr-D and a share of BLEU-4, lies above the mean of the other samples of its image (Luo 2020, eq. 4).
 */
export class SelfCritical implements Objective {
  /** A drawn word is certain: there is nothing to smooth. */
  readonly labelSmoothing = 0;
  /**
   * As drawn, so learnt: words that are never drawn would soak up what bad captions lose, at no cost, and the loss would fall
   * without a better caption.
   */
  readonly forbidden = UNWRITABLE;
  private readonly sampler: Sampler;
  private readonly scorer: CiderD;
  /** Captions of each image as words, with their end. */
  private readonly references: string[][][];
  private readonly vocabulary: Vocabulary;
  private stalled = 0;

  constructor(
    run: Pick<PreparedRun, "decoder" | "config" | "vocabulary"> & { trainImages: TrainingImage[] },
    private readonly options: Pick<TrainingOptions, "samplesPerImage" | "maxLength" | "seed" | "bleuWeight">,
  ) {
    this.sampler = new Sampler(run.decoder, run.config, run.decoder.parameters(run.config));
    this.vocabulary = run.vocabulary;
    this.references = run.trainImages.map(({ captions }) =>
      captions.map((caption) => [...this.vocabulary.decode(caption).map(known), END_WORD]),
    );
    this.scorer = new CiderD(new Map(this.references.map((captions, index) => [String(index), captions])));
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
    const { bleuWeight } = this.options;
    const caption = ended ? [...this.vocabulary.decode(words), END_WORD] : this.vocabulary.decode(words);
    const cider = this.scorer.score(String(index), caption);
    return bleuWeight === 0 ? cider : cider + bleuWeight * sentenceBleu(caption, this.references[index]);
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
