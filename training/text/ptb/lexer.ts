import { splitFused, TOKEN_KINDS, type TokenKind } from "./kinds.js";

/** A plain word between blanks: no other kind can match more of it. It is tried first because nearly all text is that. */
const PLAIN_WORD = /([A-Za-z]+)(?:\s+|$)|\s+/y;

/** Splits text into tokens: at each position the kind with the longest match. What no kind matches is dropped. */
export function lex(text: string): string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < text.length) {
    PLAIN_WORD.lastIndex = at;
    const plain = PLAIN_WORD.exec(text);
    if (plain) {
      if (plain[1]) tokens.push(...splitFused(plain[1]));
      at += plain[0].length;
      continue;
    }
    const best = longest(text, at);
    if (best) tokens.push(...best.parts);
    at += best?.consumed ?? (text.codePointAt(at)! > 0xffff ? 2 : 1);
  }
  return tokens;
}

function longest(text: string, at: number): { length: number; consumed: number; parts: string[] } | undefined {
  let best: { length: number; consumed: number; parts: string[] } | undefined;
  for (const kind of TOKEN_KINDS) {
    const match = matchAt(kind, text, at);
    if (match && match[0].length > (best?.length ?? 0)) {
      const token = match.groups?.token ?? match[0];
      const parts = kind.parts ? kind.parts(token, text.slice(at + token.length)) : [token];
      if (parts) best = { length: match[0].length, consumed: token.length, parts };
    }
  }
  return best;
}

function matchAt({ pattern }: TokenKind, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
