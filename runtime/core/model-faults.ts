import { graphFaults } from "./graph-contract.js";
import type { Manifest } from "./manifest.js";
import type { Tokenizer } from "./tokenizer.js";

/** What keeps manifest and tokenizer from being those of one captioner: a line a fault; empty if all is well. */
export function modelFaults(manifest: Manifest, tokenizer: Tokenizer): string[] {
  const names = ["pad", "start", "end", "unk"] as const;
  const ids = names.filter((name) => tokenizer.tokens[name] !== manifest.tokens[name]);
  return [
    ...ids.map(
      (name) => `<${name}> is ${tokenizer.tokens[name]} in the tokenizer, ${manifest.tokens[name]} in model.json`,
    ),
    ...graphFaults(manifest, tokenizer.words.length),
  ];
}
