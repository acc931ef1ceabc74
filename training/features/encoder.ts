import { Worker } from "node:worker_threads";
import { writeOnnx } from "../../converter/index.js";
import type { Backbone } from "../backbone/index.js";

export interface EncoderSetup {
  model: Uint8Array;
  width: number;
  height: number;
}

export interface EncoderQuestion {
  id: number;
  /** RGB [count, height, width, 3] */
  pixels: Uint8Array;
  count: number;
}

/** The first answer, with id 0, says that the thread is ready. */
export type EncoderAnswer = { id: number; half?: Uint16Array; error?: string };

interface Waiting {
  resolve(half: Uint16Array): void;
  reject(error: Error): void;
}

/** A backbone's ONNX graph in a worker thread. */
export class Encoder {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** Id of the last question. */
  #last = 0;
  #closed = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on("message", ({ id, half, error }: EncoderAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(half ?? new Uint16Array());
      else waiting?.reject(new Error(`onnxruntime: ${error}`));
    });
    worker.on("error", (error) => this.#fail(error as Error));
    worker.on("exit", (code) => {
      if (!this.#closed) this.#fail(new Error(`The encoder's thread ended with code ${code}.`));
    });
  }

  static async start(backbone: Backbone): Promise<Encoder> {
    const { width, height } = backbone.input;
    const setup: EncoderSetup = { model: writeOnnx(await backbone.graph()), width, height };
    const worker = new Worker(new URL("./encoder-worker.js", import.meta.url), { workerData: setup });
    const encoder = new Encoder(worker);
    await encoder.#answerTo(0);
    return encoder;
  }

  /**
   * @param pixels RGB [count, height, width, 3]; the array is handed over and cannot be used afterwards
   * @returns half-precision features [count, L, D]
   */
  encode(pixels: Uint8Array, count: number): Promise<Uint16Array> {
    const question: EncoderQuestion = { id: ++this.#last, pixels, count };
    const answer = this.#answerTo(question.id);
    this.#worker.postMessage(question, [pixels.buffer as ArrayBuffer]);
    return answer;
  }

  #answerTo(id: number): Promise<Uint16Array> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker.terminate();
  }
}
