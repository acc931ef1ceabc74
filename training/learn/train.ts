import { existsSync } from "node:fs";
import { ShowtellError } from "../../errors/index.js";
import { writeFileAtomic } from "../../files/atomic.js";
import { removeLeftovers } from "../../files/leftovers.js";
import type { Dataset } from "../dataset/index.js";
import type { Engine } from "../engine/index.js";
import type { UnreadableImage } from "../features/index.js";
import type { CaptionBatch } from "../model/types.js";
import { EventFile } from "../tensorboard/event-file.js";
import { accumulatedStep, splitStep } from "./accumulate.js";
import { Adam, adamDefaults } from "./adam/adam.js";
import { readFeatures } from "./batch-features.js";
import { planEpoch } from "./batches.js";
import { loadCheckpoint, type Progress, saveCheckpoint, saveWeights } from "./checkpoint.js";
import { drawCurves } from "./curves.js";
import { firstValues } from "./first-values.js";
import { type LogEntry, TrainingLog } from "./log.js";
import { type Objective, openObjective } from "./objective.js";
import { optionsFingerprint, type TrainingOptions } from "./options.js";
import { type PreparedRun, prepareRun } from "./prepare.js";
import { RunFolder } from "./run-folder.js";
import { learningRateAt, type Schedule } from "./schedule.js";
import { trainingStep } from "./step.js";
import { type Validation, validate } from "./validate.js";

/** What a caller may listen to, and how it stops a run. */
export interface TrainingEvents {
  /** Pictures of the embedded data set that are drawn. */
  onPictures?(done: number, total: number): void;
  onDataset?(dataset: Dataset): void;
  /** Images that could not be decoded; the run goes on without them. */
  onUnreadable?(images: UnreadableImage[]): void;
  onFeatures?(done: number, total: number): void;
  /** Bytes of the backbone's weights fetched, and of them all; only where they are not at hand yet. */
  onWeights?(done: number, total: number): void;
  onStep?(step: {
    epoch: number;
    step: number;
    steps: number;
    crossEntropy: number;
    secondsPerStep: number;
    /** Mean CIDEr-D of the captions drawn, where training is self-critical. */
    reward?: number;
  }): void;
  onValidation?(done: number, total: number): void;
  onEpoch?(epoch: {
    epoch: number;
    crossEntropy: number;
    scores: Record<string, number>;
    best: boolean;
    samples: Validation["captions"];
  }): void;
  /** Stops after the step under way, with a checkpoint. */
  signal?: AbortSignal;
  /** Folder of the feature cache. */
  cacheDir?: string;
  /** Seconds between checkpoints within an epoch. */
  checkpointSeconds?: number;
}

export interface TrainingResult {
  bestScore: number;
  bestEpoch: number;
  epochs: number;
}

const LOG_EVERY = 25;
const SAMPLES = 5;

/**
 * Trains a captioner in a run folder, or goes on with the one that is there.
 *
 * The weights after step s are a function of the options alone: random numbers are drawn by seed, place and step, so a
 * run that was killed and resumed ends where an undisturbed one ends.
 *
 * @throws ShowtellError FILE_EXISTS, USAGE, RUN_INVALID, CHECKPOINT_INVALID, DATASET_EMPTY, TRAINING_DIVERGED,
 * REWARD_CONSTANT, INTERRUPTED
 */
export async function train(
  path: string,
  options: TrainingOptions,
  engine: Engine,
  { resume = false, ...events }: TrainingEvents & { resume?: boolean } = {},
): Promise<TrainingResult> {
  const folder = new RunFolder(path);
  if (folder.exists() && !resume) {
    throw new ShowtellError(
      "FILE_EXISTS",
      `${path} holds a run already: go on with it by --resume, or name another --out.`,
    );
  }
  requireSource(options);
  const run = await prepareRun(folder, options, events);
  // What the objective refuses leaves no run behind.
  const objective = await openObjective(run, options);
  if (!folder.exists()) await describe(folder, options, engine, run);
  return await new TrainingLoop(folder, options, run, objective, events).run();
}

/** @throws ShowtellError USAGE where an option needs a run to start from or to learn from, or has no use for one */
function requireSource({ from, teacher, objective, fineTune }: TrainingOptions): void {
  const goesOn = (what: string) =>
    new ShowtellError("USAGE", `${what} goes on from a run that writes captions: name it by --from.`);
  if (objective === "self-critical" && teacher) {
    throw new ShowtellError("USAGE", "Self-critical training has no teacher: leave --teacher out.");
  }
  if (objective === "self-critical" && from === undefined) throw goesOn("Self-critical training");
  if (fineTune !== undefined && from === undefined && teacher === undefined) throw goesOn("Fine-tuning");
}

async function describe(folder: RunFolder, options: TrainingOptions, engine: Engine, run: PreparedRun): Promise<void> {
  const { name, layer, weightsSha256, notices } = run.backbone;
  await folder.writeDescription({
    formatVersion: 1,
    options,
    engine: engine.description,
    dataset: {
      name: run.dataset.name,
      format: run.dataset.format,
      trainImages: run.trainImages.length,
      validationImages: run.validationImages.length,
      captions: run.trainImages.reduce((sum, image) => sum + image.captions.length, 0),
    },
    backbone: { name, layer, weightsSha256, notices },
    captioner: run.config,
  });
}

class TrainingLoop {
  private readonly decoder;
  private readonly specs;
  private readonly stepsPerEpoch: number;
  private readonly schedule: Schedule;
  /** Factors of the learning rate, 1 where none is named: the backbone's parameters learn at a rate of their own. */
  private readonly rateFactors: Record<string, number>;
  private readonly frozen: ReadonlySet<string>;
  private adam!: Adam;
  private progress!: Progress;
  private log!: TrainingLog;
  private eventFile!: EventFile;
  private savedAt = performance.now();

  constructor(
    private readonly folder: RunFolder,
    private readonly options: TrainingOptions,
    private readonly prepared: PreparedRun,
    private readonly objective: Objective,
    private readonly events: TrainingEvents,
  ) {
    this.decoder = prepared.decoder;
    this.specs = this.decoder.parameters(prepared.config);
    this.stepsPerEpoch = Math.ceil(prepared.trainImages.length / options.imagesPerBatch);
    const factor = options.backboneLearningRate / options.learningRate;
    const tuned = (prepared.trunk?.specs ?? []).map(({ name }) => name);
    this.rateFactors = Object.fromEntries(tuned.map((name) => [name, factor]));
    this.frozen = new Set(factor === 0 ? tuned : []);
    this.schedule = {
      name: options.schedule,
      learningRate: options.learningRate,
      warmupSteps: options.warmupSteps,
      totalSteps: options.epochs * this.stepsPerEpoch,
    };
  }

  async run(): Promise<TrainingResult> {
    await this.open();
    const { options, progress } = this;
    try {
      while (progress.epoch < options.epochs && progress.epoch - progress.bestEpoch <= options.patience) {
        await this.epoch();
      }
    } finally {
      this.objective.dispose();
    }
    return { bestScore: progress.bestScore, bestEpoch: progress.bestEpoch, epochs: progress.epoch };
  }

  private async open(): Promise<void> {
    await removeLeftovers(this.folder.path);
    const fingerprint = optionsFingerprint(this.options);
    if (existsSync(this.folder.last())) {
      const { state, progress } = await loadCheckpoint(this.folder.last(), this.specs, fingerprint);
      this.adam = Adam.resume(state, this.rateFactors);
      this.progress = progress;
    } else {
      this.adam = Adam.start(await firstValues(this.prepared, this.options), this.rateFactors);
      this.progress = {
        epoch: 0,
        stepInEpoch: 0,
        step: 0,
        entropySum: 0,
        bestScore: -1,
        bestEpoch: 0,
        logBytes: 0,
        fingerprint,
      };
    }
    this.log = await TrainingLog.open(this.folder.log(), this.progress.logBytes);
    this.eventFile = await EventFile.create(this.folder.path, await this.log.entries());
  }

  private async epoch(): Promise<void> {
    const { progress, prepared, options } = this;
    const started = performance.now();
    const plan = planEpoch(prepared.trainImages.length, progress.epoch, options);
    while (progress.stepInEpoch < plan.length) {
      if (this.events.signal?.aborted) {
        await this.save();
        throw new ShowtellError("INTERRUPTED", `Stopped after step ${progress.step}; go on with --resume.`);
      }
      await this.step(plan[progress.stepInEpoch]);
      if (performance.now() - this.savedAt > (this.events.checkpointSeconds ?? 120) * 1000) await this.save();
    }
    // The epoch's weights are safe before the long validation begins.
    await this.save();
    await this.validate((performance.now() - started) / 1000);
  }

  private async step(indices: number[]): Promise<void> {
    const { progress, prepared, options } = this;
    const started = performance.now();
    const parts = splitStep(indices, options.accumulate);
    const partStep = (part: number) => progress.step * options.accumulate + part;
    const batches: CaptionBatch[] = [];
    let reward: number | undefined;
    let idle = 0;
    for (const [part, own] of parts.entries()) {
      const before = performance.now();
      const features = await readFeatures(prepared, own, progress.epoch, options.seed); //                          [N, L, D]
      idle += performance.now() - before;
      const planned = await this.objective.batch({
        indices: own,
        features,
        epoch: progress.epoch,
        step: partStep(part),
        progress: Math.min(1, progress.step / this.schedule.totalSteps),
        values: this.adam.values,
      });
      batches.push(planned.batch);
      if (planned.reward !== undefined) reward = (reward ?? 0) + (planned.reward * own.length) / indices.length;
    }
    const { loss, crossEntropy, gradients } = await accumulatedStep(batches, (batch, shares, part) =>
      trainingStep(this.decoder, prepared.config, this.specs, this.adam.values, batch, partStep(part), {
        labelSmoothing: this.objective.labelSmoothing,
        attentionWeight: options.attentionWeight,
        shares,
        forbidden: this.objective.forbidden ?? [],
        dropout: { features: options.featureDropout, state: options.stateDropout, output: options.outputDropout },
        seed: options.seed,
        frozen: this.frozen,
      }),
    );
    if (!Number.isFinite(loss)) throw this.diverged("loss", loss, indices);
    const learningRate = learningRateAt(this.schedule, progress.step);
    const gradientNorm = this.adam.update(gradients, learningRate, {
      ...adamDefaults,
      clipNorm: options.clipNorm,
      averageDecay: options.averageDecay,
    });
    if (!Number.isFinite(gradientNorm)) throw this.diverged("gradient's norm", gradientNorm, indices);
    progress.step += 1;
    progress.stepInEpoch += 1;
    progress.entropySum += crossEntropy;
    const milliseconds = performance.now() - started;
    const secondsPerStep = milliseconds / 1000;
    if (progress.step % LOG_EVERY === 0) {
      await this.record({
        kind: "step",
        step: progress.step,
        epoch: progress.epoch,
        loss,
        crossEntropy,
        gradientNorm,
        learningRate,
        secondsPerStep,
        idleShare: idle / milliseconds,
        reward,
      });
    }
    this.events.onStep?.({
      epoch: progress.epoch,
      step: progress.stepInEpoch,
      steps: this.stepsPerEpoch,
      crossEntropy,
      secondsPerStep,
      reward,
    });
  }

  private diverged(what: string, value: number, indices: number[]): ShowtellError {
    const { progress, prepared } = this;
    const images = indices.map((index) => prepared.trainImages[index].id);
    return new ShowtellError(
      "TRAINING_DIVERGED",
      `The ${what} of step ${progress.step} is ${value}. Its images: ${images.join(", ")}.`,
    );
  }

  private async validate(seconds: number): Promise<void> {
    const { progress, prepared, options } = this;
    const captioner = { decoder: this.decoder, config: prepared.config, specs: this.specs, values: this.adam.average };
    const { scores, captions } = await validate(
      captioner,
      prepared.validationImages,
      prepared.store,
      prepared.vocabulary,
      {
        beam: options.validationBeam,
        maxLength: options.maxLength,
        lengthExponent: options.lengthExponent,
        tokens: prepared.vocabulary.tokens,
        onProgress: this.events.onValidation,
        signal: this.events.signal,
      },
    );
    const { perImage: _perImage, ...totals } = scores as Record<string, unknown>;
    const best = scores["CIDEr-D"] > progress.bestScore;
    const crossEntropy = progress.entropySum / this.stepsPerEpoch;
    const samples = captions.slice(0, SAMPLES);
    const numbers = totals as Record<string, number>;
    await this.record({
      kind: "epoch",
      epoch: progress.epoch,
      step: progress.step,
      crossEntropy,
      seconds,
      scores: numbers,
      samples,
    });
    if (best) {
      progress.bestScore = scores["CIDEr-D"];
      progress.bestEpoch = progress.epoch;
      await saveWeights(this.folder.best(), this.adam.average, this.specs, { ...progress, logBytes: this.log.bytes });
    }
    this.events.onEpoch?.({ epoch: progress.epoch, crossEntropy, scores: numbers, best, samples });
    progress.epoch += 1;
    progress.stepInEpoch = 0;
    progress.entropySum = 0;
    await this.save();
    await writeFileAtomic(this.folder.curves(), drawCurves(await this.log.entries()));
  }

  private async record(entry: LogEntry): Promise<void> {
    const timed = { ...entry, time: Date.now() / 1000 };
    await this.log.write(timed);
    await this.eventFile.add(timed);
  }

  private async save(): Promise<void> {
    this.progress.logBytes = this.log.bytes;
    await saveCheckpoint(this.folder.last(), this.adam, this.specs, this.progress);
    this.savedAt = performance.now();
  }
}
