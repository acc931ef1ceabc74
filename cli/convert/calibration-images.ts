import type { Converted, ValueInfo } from "../../converter/index.js";
import type { Values } from "../../converter/verify/index.js";
import { ShowtellError } from "../../errors/index.js";
import { decodeImage } from "../../runtime/node/image.js";

/** How the input that takes pictures wants them. */
export interface ImageFrame {
  input: ValueInfo;
  width: number;
  height: number;
  channelsFirst: boolean;
  /** What black and white are. */
  black: number;
  white: number;
}

/** @throws ShowtellError USAGE where no input takes pictures, or their size is free */
export function imageFrame(
  inputs: ValueInfo[],
  origin: Converted["origin"],
  range?: [black: number, white: number],
): ImageFrame {
  const [input, ...others] = inputs;
  const channelsFirst = origin.inputs[0]?.layout === "nchw";
  const [height, width] = input?.shape.slice(channelsFirst ? 2 : 1) ?? [];
  if (!input || others.length > 0 || input.shape.length !== 4 || input.shape[channelsFirst ? 1 : 3] !== 3) {
    const list = inputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ");
    throw new ShowtellError(
      "USAGE",
      `Images can be calibrated on where the one input takes RGB pictures, [N, height, width, 3]; here it is ${list}. Give arrays: NAME=FILE.npy.`,
    );
  }
  if (typeof height !== "number" || typeof width !== "number" || ![1, "N"].includes(input.shape[0]!)) {
    throw new ShowtellError(
      "USAGE",
      `The size of pictures is free in ${input.name} [${input.shape.join(", ")}], or their batch is not 1: give --fix ${input.name}=1,224,224,3 or arrays.`,
    );
  }
  const [black, white] = range ?? (input.dtype === "float32" ? [0, 1] : [0, 255]);
  return { input, width, height, channelsFirst, black, white };
}

/** A picture, stretched to the size of the input as the captioner's own are, as the model takes it. */
export async function readImage(file: string | Uint8Array, frame: ImageFrame): Promise<Values> {
  const { input, width, height, channelsFirst, black, white } = frame;
  const pixels = await decodeImage(file, { width, height, resize: "stretch" }); // [height, width, 3]
  const area = width * height;
  const step = (white - black) / 255;
  const data = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) {
    const at = channelsFirst ? (i % 3) * area + Math.floor(i / 3) : i;
    data[at] = pixels[i]! * step + black;
  }
  return { dtype: input.dtype, shape: channelsFirst ? [1, 3, height, width] : [1, height, width, 3], data };
}
