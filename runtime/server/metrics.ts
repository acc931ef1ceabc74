import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the server counts and measures, in a registry of its own. */
export class Metrics {
  readonly registry = new Registry();
  readonly #registers = [this.registry];
  readonly requests = new Counter({
    name: "showtell_http_requests_total",
    help: "Requests answered.",
    labelNames: ["route", "method", "status"] as const,
    registers: this.#registers,
  });
  readonly requestSeconds = new Histogram({
    name: "showtell_http_request_duration_seconds",
    help: "From a request's first byte to the end of its answer.",
    labelNames: ["route"] as const,
    buckets: SECONDS,
    registers: this.#registers,
  });
  readonly queueSeconds = this.#histogram("showtell_queue_seconds", "Time an image waited for its turn.");
  readonly decodeSeconds = this.#histogram("showtell_image_decode_seconds", "Decoding and resizing of an image.");
  readonly inferenceSeconds = this.#histogram("showtell_inference_seconds", "Captioning of a batch in a worker.");
  readonly batchSize = new Histogram({
    name: "showtell_batch_size",
    help: "Images captioned together.",
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: this.#registers,
  });
  readonly refused = this.#counter("showtell_refused_total", "Images refused because the queue was full or slow.");
  readonly shared = this.#counter("showtell_shared_total", "Images answered with another request's work in flight.");
  readonly cached = this.#counter("showtell_cached_total", "Images answered from the cache.");

  /** Adds what Node tells of itself: memory, processor time, event-loop lag. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A value that is read when the metrics are asked for. */
  gauge(name: string, help: string, read: () => number): void {
    const gauge = new Gauge({
      name,
      help,
      registers: this.#registers,
      collect() {
        gauge.set(read());
      },
    });
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name, help, registers: this.#registers });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets: SECONDS, registers: this.#registers });
  }
}
