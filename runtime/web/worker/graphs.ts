import type * as Ort from "onnxruntime-web/wasm";
import { ShowtellError } from "../../../errors/index.js";
import type { DecoderStep, EncodedImages, FloatTensor } from "../../core/index.js";
import type { GpuRows } from "./gpu-rows.js";

/** Either build of onnxruntime-web. */
export type OrtModule = typeof Ort;

/** An image as the encoder left it, and the decoder that goes on from there. */
export interface EncodedImage {
  encoded: EncodedImages;
  step: DecoderStep;
  /** Gives back what lies on the graphics processor. */
  release(): void;
}

/**
 * Encoder and decoder as functions. With `gpu`, features stay on the graphics processor between them: what `encoded`
 * then holds of them has their shapes and no values, and `step` reads the ones on the device.
 */
export function onnxCaptioner(
  { Tensor }: OrtModule,
  encoder: Ort.InferenceSession,
  decoder: Ort.InferenceSession,
  gpu?: GpuRows,
) {
  const tensor = ({ data, dims }: FloatTensor) => new Tensor("float32", data, dims);

  return async function encode(pixels: Uint8Array, dims: number[]): Promise<EncodedImage> {
    const outputs = await encoder.run({ image: new Tensor("uint8", pixels, dims) });
    const onDevice = { features: outputs.features, projected: outputs.projected };
    const rows = gpu && isTensor(onDevice.features) && isTensor(onDevice.projected) ? gpu.of(onDevice) : undefined;
    const shared = (name: "features" | "projected") =>
      rows ? { data: new Float32Array(0), dims: [...(outputs[name] as Ort.Tensor).dims] } : floats(outputs, name);
    const encoded = {
      features: shared("features"),
      projected: shared("projected"),
      hidden: floats(outputs, "hidden"),
      cell: floats(outputs, "cell"),
    };
    const step: DecoderStep = async (input) => {
      const count = input.token.length;
      const next = await decoder.run({
        token: new Tensor("int64", input.token, [count]),
        hidden: tensor(input.hidden),
        cell: tensor(input.cell),
        ...(rows?.repeated(count) ?? { features: tensor(input.features), projected: tensor(input.projected) }),
      });
      return {
        logits: floats(next, "logits"),
        hidden: floats(next, "next_hidden"),
        cell: floats(next, "next_cell"),
        attention: floats(next, "attention"),
      };
    };
    return { encoded, step, release: () => rows?.release() };
  };
}

function isTensor(value: Ort.OnnxValue | undefined): value is Ort.Tensor {
  return value !== undefined && "dims" in value;
}

function floats(outputs: Ort.InferenceSession.OnnxValueMapType, name: string): FloatTensor {
  const value = outputs[name];
  if (!isTensor(value) || value.type !== "float32") {
    throw new ShowtellError("MODEL_INVALID", `The graph's output ${name} is missing or not float32.`);
  }
  return { data: value.data as Float32Array, dims: [...value.dims] };
}
