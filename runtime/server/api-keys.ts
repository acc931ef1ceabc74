import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ShowtellError } from "../../errors/index.js";

/** Who a key belongs to, and what it may do. */
export interface Client {
  name: string;
  /** Requests a second; the server's own setting without it. */
  rate?: number;
  /** Whether it may reload models. */
  admin: boolean;
}

const Line = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  rate: z.number().min(0).optional(),
  admin: z.boolean().default(false),
});

/**
 * API keys, of which only hashes are kept. A key is 32 random bytes, so a plain SHA-256 of it can be neither guessed nor
 * looked up.
 */
export class ApiKeys {
  readonly #entries: { hash: Buffer; client: Client }[];

  private constructor(entries: { hash: Buffer; client: Client }[]) {
    this.#entries = entries;
  }

  /**
   * Reads a file of one JSON object a line: {"name", "sha256", "rate"?, "admin"?}.
   * @throws ShowtellError CONFIG_INVALID, FILE_NOT_FOUND
   */
  static async read(path: string): Promise<ApiKeys> {
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
      throw new ShowtellError("FILE_NOT_FOUND", `The file of API keys ${path} cannot be read.`, { cause });
    });
    return ApiKeys.parse(text, path);
  }

  static parse(text: string, path = "keys"): ApiKeys {
    const entries = text.split("\n").flatMap((line, i) => {
      if (line.trim() === "" || line.startsWith("#")) return [];
      const parsed = Line.safeParse(attempt(line));
      if (!parsed.success) {
        throw new ShowtellError(
          "CONFIG_INVALID",
          `Line ${i + 1} of ${path} is not a key's: ${z.prettifyError(parsed.error)}`,
        );
      }
      const { sha256, ...client } = parsed.data;
      return [{ hash: Buffer.from(sha256, "hex"), client }];
    });
    return new ApiKeys(entries);
  }

  /** Whose key it is. Every entry is compared, each in constant time. */
  find(key: string): Client | undefined {
    const hash = hashOf(key);
    let found: Client | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.hash, hash)) found = entry.client;
    return found;
  }
}

/** A new key, and the line for it in the file of keys. The key itself is kept nowhere. */
export function newApiKey(name: string, admin = false): { key: string; line: string } {
  const key = `st_${randomBytes(32).toString("base64url")}`;
  const entry = Line.parse({ name, sha256: hashOf(key).toString("hex"), admin });
  return { key, line: JSON.stringify(entry) };
}

function hashOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

function attempt(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
