import {
  ABBREVIATIONS,
  CAPITALISED_ABBREVIATIONS,
  FUSED_WORDS,
  NUMBER_ABBREVIATIONS,
  SENTENCE_OPENERS,
} from "./lexicon.js";

/**
 * A kind of token: a pattern at one position of the text. Where the pattern has a group `token`, only that group is
 * consumed, but the whole match counts when the longest is chosen.
 */
export interface TokenKind {
  pattern: RegExp;
  /** Cuts, rewrites or drops (none) the token; null: this is no such token after all. */
  parts?(token: string, after: string): string[] | null;
}

const kind = (source: string, parts?: TokenKind["parts"]): TokenKind => ({ pattern: new RegExp(source, "iuy"), parts });
const caseSensitive = (source: string, parts?: TokenKind["parts"]): TokenKind => ({
  pattern: new RegExp(source, "uy"),
  parts,
});

const LETTER = String.raw`[\p{L}\p{M}ʼ\u00ad]`;
const ALNUM = String.raw`[\p{L}\p{M}\p{Nd}ʼ\u00ad]`;
const WORD = `${ALNUM}+`;
const JOINED = `${WORD}(?:_${WORD})*`;
const APOSTROPHE = "['’]";
const HYPHEN = String.raw`[-\u058a\u2010\u2011]`;
/** A member of a hyphenated word: "old", "5", "d'Azur". */
const MEMBER = `(?:[dlo]${APOSTROPHE}${LETTER}{2,}|${JOINED})`;
/** "1,000" in "1,000-foot". */
const AMOUNT = String.raw`\p{Nd}+(?:[.,]\p{Nd}+)*${ALNUM}*`;
const NUMBER = String.raw`(?:\p{Nd}*(?:[.:,]\p{Nd}+)+|\p{Nd}+)`;
const NAME = `${LETTER}${ALNUM}*`;
const CLITIC = `(?:'(?:[smd]|ll|re|ve)(?!${LETTER})|’(?:[smd]|ll|re|ve))`;
/** Marks that are tokens of their own wherever they stand; all other unknown characters vanish. */
const SYMBOL = String.raw`[$%&*+/<=>\\^_|~#@\u00a1\u00a5-\u00a9\u00ac\u00ae-\u00b9\u00bf\u00d7\u00f7\u2016\u2017\u201a\u201e-\u2023\u2030-\u2038\u203b\u203e-\u2042\u2044\u2070-\u208e\u20a4\u2100-\u214f\u2155-\u215e\u2190-\u2bff\u3001\u3002\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]`;

const REPLACEMENTS = new Map([
  ["(", "-lrb-"],
  [")", "-rrb-"],
  ["[", "-lsb-"],
  ["]", "-rsb-"],
  ["{", "-lcb-"],
  ["}", "-rcb-"],
  ["€", "$"],
  ["¤", "$"],
  ["\u20a0", "$"],
  ["£", "#"],
  ["¢", "cents"],
  ["½", "1/2"],
  ["¼", "1/4"],
  ["¾", "3/4"],
  ["⅓", "1/3"],
  ["⅔", "2/3"],
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
]);
const bracketed = (token: string) => token.replace(/[()]/g, (bracket) => REPLACEMENTS.get(bracket)!);

const straight = (token: string) => [token.replace("’", "'").replace("‘", "`")];

/** The kinds, the earlier before the later where matches are equally long. */
export const TOKEN_KINDS: readonly TokenKind[] = [
  // Words
  kind(JOINED, splitFused),
  kind("(?:anti|pro)-"),
  kind(`(?:${AMOUNT}|${MEMBER})(?:${HYPHEN}${MEMBER})+`),
  kind(`${WORD}(?:${HYPHEN}${LETTER}+)*(?:/${WORD}(?:${HYPHEN}${LETTER}+)*)+`),
  kind(`${NAME}(?:[.!?]${NAME})+`),
  kind(String.raw`${NAME}(?:\.${NAME})+(?:${HYPHEN}${MEMBER})+`),
  caseSensitive(String.raw`\p{Lu}+&(?:amp;)?\p{Lu}+`, (token) => [token.replace(/&amp;/i, "&")]),
  kind(String.raw`c\+\+|[cf]#`),

  // Apostrophes: what goes before a clitic, words with an apostrophe, clitics
  kind(`(?<token>${JOINED})${CLITIC}`),
  kind(`${LETTER}+[aeiouy]${APOSTROPHE}[aeiou]${LETTER}*|o'o${LETTER}*|[dlno]['’‘]${LETTER}{2,}`),
  kind(
    ["hallowe'en", "nor'easter", "n?e'er", "c'(?:mon|est)", "s'mores", "li'l", "ol'(?![dms])"]
      .join("|")
      .replaceAll("'", APOSTROPHE),
  ),
  caseSensitive(`(?![IY])\\p{Lu}['’]${LETTER}{2,}`),
  kind(`n['’‘\`]t`, straight),
  kind(CLITIC, straight),
  kind(`(?<token>${LETTER}*(?!n)${LETTER})n['’‘\`]t`),
  kind(`(?<token>[djly]${APOSTROPHE})(?![dms])${LETTER}|[djl]${APOSTROPHE}`),
  kind(`(?<token>'t)(?:is|was)`),
  kind(`${APOSTROPHE}(?:em|till?|cause|n${APOSTROPHE}|n(?!${LETTER})|(?<=’)n)`),
  kind(String.raw`${APOSTROPHE}(?:[2-9]0s|\p{Nd}{2}(?![\p{L}\p{Nd}'’-]))`),

  // Words that keep a full stop
  kind(String.raw`${LETTER}+\.`, (token) => (isAbbreviation(token.slice(0, -1)) ? [token] : null)),
  kind(String.raw`(?<token>${LETTER}+\.)\s*\p{Nd}`, (token) =>
    NUMBER_ABBREVIATIONS.has(token.slice(0, -1).toLowerCase()) ? [token] : null,
  ),
  kind(String.raw`\p{L}\.`, (token, after) => (opensSentence(after) ? null : [token])),
  kind(String.raw`\p{L}(?:\.\p{L})+\.(?:${HYPHEN}${MEMBER})*|(?:ph|ed)\.d\.`),

  // Numbers and money
  kind(`[-+]?${NUMBER}`),
  kind(String.raw`\p{Nd}{1,4}[- ]\p{Nd}{1,4}/\p{Nd}{1,4}`, (token) => token.split(" ")),
  kind(String.raw`\(\p{Nd}{2,3}\)[  -]?\p{Nd}{3,4}[- ]?\p{Nd}{4}`, (token) => bracketed(token).split(/\s/)),
  caseSensitive(String.raw`\p{Lu}+\$`),

  // The network
  kind(String.raw`https?://[^\s"<>|()]*[^\s"<>|().,!?;:'-]`),
  kind(String.raw`www\.(?:[\w-]+\.)+(?:com|net|org|edu)/[^\s"<>|()]*[^\s"<>|().,!?;:'-]`),
  kind(String.raw`[a-z\d][\w.+-]*@[a-z\d][a-z\d-]*(?:\.[a-z\d-]+)*`),
  kind(String.raw`#\p{L}+|@[a-z_]\w*`),
  kind(
    String.raw`<!--.*?-->|<[!?]?[a-z][\w.:-]*\s*[/?]?>|</[a-z][\w.:-]*>|<[a-z]\w*(?:\s+[a-z]\w*(?:="[^"]*")?)+\s*/?>`,
    (token) => token.split(/\s+/),
  ),
  kind("&(?:amp|lt|gt|quot|nbsp);", (token) => {
    const mark = REPLACEMENTS.get(token.toLowerCase());
    return mark === undefined ? [] : [mark];
  }),
  kind(String.raw`[<>]?[:;=][-o*']?[()dp@|\\[\]{](?!${ALNUM})|:3(?!${ALNUM})|xd(?!${ALNUM})|\^_\^|-_-`, (token) => [
    bracketed(token),
  ]),

  caseSensitive(`:O(?!${ALNUM})`),

  // Marks
  kind(String.raw`-{2,}|\. ?\. ?\.`, () => []),
  kind(String.raw`[!?]{2,}|\*+|#+|@+|_+`),
  kind(SYMBOL),
  kind(String.raw`[()[\]{}€¤\u20a0£¢½¼¾⅓⅔]`, (token) => [REPLACEMENTS.get(token)!]),
];

/** "cannot" as "can" and "not". */
export function splitFused(word: string): string[] {
  const cut = FUSED_WORDS.get(word.toLowerCase());
  return cut === undefined ? [word] : [word.slice(0, cut), word.slice(cut)];
}

function isAbbreviation(word: string): boolean {
  const lower = word.toLowerCase();
  return ABBREVIATIONS.has(lower) || (CAPITALISED_ABBREVIATIONS.has(lower) && word[0] !== lower[0]);
}

/** Whether the text goes on, after a blank, with one of the capitalised words that open a sentence. */
function opensSentence(after: string): boolean {
  const word = /^\s+(\p{Lu}\p{L}*)(?=\s|$)/u.exec(after)?.[1];
  return word !== undefined && SENTENCE_OPENERS.has(word.toLowerCase());
}
