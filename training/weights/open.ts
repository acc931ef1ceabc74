import { open } from "node:fs/promises";
import { ShowtellError } from "../../errors/index.js";
import { openKerasH5 } from "./keras-h5.js";
import { openSafetensors } from "./safetensors.js";
import type { WeightFile } from "./types.js";

const HDF5_SIGNATURE = "\x89HDF\r\n\x1a\n";

/**
 * Opens a weights file by its content: HDF5's signature means Keras, all else must be safetensors.
 * @throws ShowtellError FILE_NOT_FOUND, WEIGHTS_INVALID
 */
export async function openWeights(path: string): Promise<WeightFile> {
  return (await readStart(path)) === HDF5_SIGNATURE ? openKerasH5(path) : openSafetensors(path);
}

async function readStart(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
      return buffer.toString("latin1", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ShowtellError("FILE_NOT_FOUND", `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
