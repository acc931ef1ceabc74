import * as z from "zod";
import { ShowtellError } from "../../errors/index.js";
import type { SpecialTokens } from "./types.js";

/** The part of Hugging Face's tokenizers format (a WordLevel model) that decoding needs. */
const TokenizerFile = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.int().nonnegative(), content: z.string() })).default([]),
  model: z.looseObject({ type: z.literal("WordLevel"), vocab: z.record(z.string(), z.int().nonnegative()) }),
});

/** A vocabulary read from tokenizer.json. */
export interface Tokenizer {
  /** Word of each id. */
  words: string[];
  tokens: SpecialTokens;
  /** The words of these ids joined by spaces; stops at <end>, leaves <pad> and <start> out. */
  decode(ids: Iterable<number>): string;
}

/** @throws ShowtellError MODEL_INVALID */
export function parseTokenizer(json: string): Tokenizer {
  const file = readTokenizerFile(json);
  const words = wordsById([...Object.entries(file.model.vocab), ...file.added_tokens.map(added)]);

  const special = (word: string): number => {
    const id = words.indexOf(word);
    return id < 0 ? invalid(`the word ${word} is missing`) : id;
  };
  const tokens = { pad: special("<pad>"), start: special("<start>"), end: special("<end>"), unk: special("<unk>") };
  return {
    words,
    tokens,
    decode(ids) {
      const text: string[] = [];
      for (const id of ids) {
        if (id === tokens.end) break;
        if (id === tokens.pad || id === tokens.start) continue;
        text.push(words[id] ?? invalid(`there is no word with the id ${id}`));
      }
      return text.join(" ");
    },
  };
}

const added = ({ content, id }: { content: string; id: number }): [string, number] => [content, id];

function wordsById(entries: [string, number][]): string[] {
  const byId = new Map<number, string>();
  for (const [word, id] of entries) {
    const other = byId.get(id) ?? word;
    if (other !== word) invalid(`id ${id} has two words, "${other}" and "${word}"`);
    byId.set(id, word);
  }
  return Array.from({ length: byId.size }, (_, id) => byId.get(id) ?? invalid(`no word has the id ${id}`));
}

function readTokenizerFile(json: string): z.infer<typeof TokenizerFile> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    invalid(`it is not JSON (${(error as Error).message})`);
  }
  const parsed = TokenizerFile.safeParse(value);
  return parsed.success ? parsed.data : invalid(z.prettifyError(parsed.error));
}

function invalid(what: string): never {
  throw new ShowtellError("MODEL_INVALID", `The tokenizer file cannot be used: ${what}.`);
}
