import type * as Ort from "onnxruntime-web/webgpu";

/** Usage of a buffer that a graph reads: copied to, copied from, bound as storage. */
const USAGE = 0x0004 | 0x0008 | 0x0080;

type Shared = "features" | "projected";
type Feeds = Record<Shared, Ort.Tensor>;

/** One image's features on the graphics processor, once for each row that the decoder computes. */
export interface RepeatedRows {
  repeated(count: number): Feeds;
  release(): void;
}

/** Repeats tensors on the device, so that features never come back to be sent there again for every word. */
export class GpuRows {
  readonly #ort: typeof Ort;
  readonly #device: GPUDevice;

  constructor(ort: typeof Ort, device: GPUDevice) {
    this.#ort = ort;
    this.#device = device;
  }

  /** @param single outputs of the encoder for one image, as buffers on the device */
  of(single: Record<Shared, Ort.OnnxValue>): RepeatedRows {
    const first = { features: single.features as Ort.Tensor, projected: single.projected as Ort.Tensor };
    const known = new Map<number, Feeds>([[1, first]]);
    return {
      repeated: (count) => {
        const feeds = known.get(count) ?? {
          features: this.#repeat(first.features, count),
          projected: this.#repeat(first.projected, count),
        };
        known.set(count, feeds);
        return feeds;
      },
      release: () => {
        for (const { features, projected } of known.values()) {
          features.dispose();
          projected.dispose();
        }
      },
    };
  }

  #repeat(tensor: Ort.Tensor, count: number): Ort.Tensor {
    const [, ...dims] = tensor.dims;
    const bytes = dims.reduce((product, size) => product * size, 4);
    const buffer = this.#device.createBuffer({ size: Math.ceil((bytes * count) / 16) * 16, usage: USAGE });
    const encoder = this.#device.createCommandEncoder();
    for (let row = 0; row < count; row++) {
      encoder.copyBufferToBuffer(tensor.gpuBuffer as GPUBuffer, 0, buffer, row * bytes, bytes);
    }
    this.#device.queue.submit([encoder.finish()]);
    const dispose = () => buffer.destroy();
    return this.#ort.Tensor.fromGpuBuffer(buffer as never, { dataType: "float32", dims: [count, ...dims], dispose });
  }
}
