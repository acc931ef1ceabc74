import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** The forms in which large files lie beside themselves, best first: few static hosts compress what they do not know. */
export const FORMS = ["br", "gz"] as const;

/** Bytes of a file in each form. */
export type Sizes = Record<(typeof FORMS)[number], number>;

/**
 * Writes FILE.br and FILE.gz.
 * @param effort 1 to 11: how hard to try
 * @returns their bytes
 */
export async function compress(path: string, effort: number): Promise<Sizes> {
  const content = await readFile(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: effort,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    // 16 MB: onnxruntime's binaries repeat themselves over long distances.
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
  };
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(content, { params }),
    promisify(gzip)(content, { level: Math.min(effort, 9) }),
  ]);
  await writeFile(`${path}.br`, br);
  await writeFile(`${path}.gz`, gz);
  return { br: br.length, gz: gz.length };
}
