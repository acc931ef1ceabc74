/** Words that PTB tokenisation splits off and that people write without a space before. */
const CLITIC = /^('s|'re|'ve|'m|'ll|'d|n't|')$/i;

/** A caption's words as people write a sentence: capital first letter, closed-up clitics, a full stop. */
export function toSentence(words: readonly string[]): string {
  let text = "";
  for (const word of words) text += text === "" || CLITIC.test(word) || /^[,.;:!?]$/.test(word) ? word : ` ${word}`;
  if (text === "") return "";
  const [first = "", ...rest] = text;
  return first.toLocaleUpperCase("en") + rest.join("") + (/[.!?]$/.test(text) ? "" : ".");
}
