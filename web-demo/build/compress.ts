import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** The forms in which large files lie beside themselves, best first: few static hosts compress what they do not know. */
export const FORMS = ["br", "gz"] as const;

/** Bytes of a file in each form. */
export type Sizes = Record<(typeof FORMS)[number], number>;

/** The bytes of several files in each form. */
export function sumOf(sizes: Sizes[]): Sizes {
  return sizes.reduce((sum, { br, gz }) => ({ br: sum.br + br, gz: sum.gz + gz }), { br: 0, gz: 0 });
}

/**
 * Writes FILE.br and FILE.gz.
 * @param effort 1 to 9: how hard to try
 * @returns their bytes
 */
export async function compress(path: string, effort: number): Promise<Sizes> {
  const content = await readFile(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: effort, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  const br = await promisify(brotliCompress)(content, { params });
  const gz = await promisify(gzip)(content, { level: effort });
  await writeFile(`${path}.br`, br);
  await writeFile(`${path}.gz`, gz);
  return { br: br.length, gz: gz.length };
}
