import { open } from "node:fs/promises";
import { ShowtellError } from "../../errors/index.js";
import { openKerasH5 } from "./keras-h5.js";
import { openPyTorch } from "./pytorch.js";
import { openSafetensors } from "./safetensors.js";
import type { WeightFile } from "./types.js";

const HDF5_SIGNATURE = "\x89HDF\r\n\x1a\n";
/** A zip archive (PyTorch's files since 1.6, wheels), and the pickle that older ones begin with. */
const PYTORCH_SIGNATURES = ["PK\x03\x04", "\x80\x02\x8a\x0al\xfc\x9cF"];

/**
 * Opens a weights file by its content: HDF5's signature means Keras, a zip archive or a pickle PyTorch, all else must be
 * safetensors.
 *
 * @throws ShowtellError FILE_NOT_FOUND, WEIGHTS_INVALID
 */
export async function openWeights(path: string): Promise<WeightFile> {
  const start = await readStart(path);
  if (start === HDF5_SIGNATURE) return openKerasH5(path);
  return PYTORCH_SIGNATURES.some((signature) => start.startsWith(signature))
    ? openPyTorch(path)
    : openSafetensors(path);
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
