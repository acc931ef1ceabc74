import { lex } from "./ptb/lexer.js";

/**
 * The words of a caption as coco-caption's PTBTokenizer gives them: Penn Treebank tokens ("can't" is "ca" and "n't", a
 * bracket "-lrb-"), lower case, without the punctuation on coco-caption's list (brackets stay: that list has them in
 * capitals). Line breaks in a caption count as blanks.
 */
export function tokenize(caption: string): string[] {
  const text = caption.replace(/&apos;/gi, "'");
  return lex(text).map((token) => token.replaceAll("\u00ad", "").toLowerCase());
}
