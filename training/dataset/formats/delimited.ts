/** A row of a table, with the number of the line it begins on. */
export interface Row {
  line: number;
  fields: string[];
}

/**
 * Parses delimited text as RFC 4180 has it: a field in double quotes may hold delimiters, line breaks and doubled quotes.
 * More lenient than that: line ends of any kind, blank lines are skipped, a quote inside an unquoted field is a character.
 * A quoted field that is not closed, or is followed by more text, makes its first line `broken`; reading goes on with the
 * next line, so that one stray quote does not cost the rest of the file.
 *
 * @param delimiter one character
 */
export function parseDelimited(text: string, delimiter: string): { rows: Row[]; broken: number[] } {
  const rows: Row[] = [];
  const broken: number[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const row = parseRow(text, at, delimiter);
    const end = row?.end ?? lineEnd(text, at);
    if (!row) broken.push(line);
    else if (row.fields.length > 1 || row.fields[0].trim() !== "") rows.push({ line, fields: row.fields });
    line += countLineBreaks(text, at, end);
    at = end;
  }
  return { rows, broken };
}

/** The fields of the row that begins at `start`, and where the next one begins; undefined for a malformed quoted field. */
function parseRow(text: string, start: number, delimiter: string): { fields: string[]; end: number } | undefined {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const field = text[at] === '"' ? quotedField(text, at) : unquotedField(text, at, delimiter);
    if (!field) return undefined;
    fields.push(field.value);
    at = field.end;
    if (text[at] === delimiter) at++;
    else if (at >= text.length || isLineBreak(text[at])) return { fields, end: lineEnd(text, at) };
    else return undefined;
  }
}

function quotedField(text: string, start: number): { value: string; end: number } | undefined {
  let at = start;
  do {
    at = text.indexOf('"', at + 1);
    if (at < 0) return undefined;
    if (text[at + 1] !== '"') return { value: text.slice(start + 1, at).replaceAll('""', '"'), end: at + 1 };
    at++;
  } while (at < text.length);
  return undefined;
}

function unquotedField(text: string, start: number, delimiter: string): { value: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== delimiter && !isLineBreak(text[end])) end++;
  return { value: text.slice(start, end), end };
}

const isLineBreak = (character: string | undefined) => character === "\n" || character === "\r";

/** Where the line after the one at `from` begins. */
function lineEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isLineBreak(text[at])) at++;
  return at + (text[at] === "\r" && text[at + 1] === "\n" ? 2 : at < text.length ? 1 : 0);
}

function countLineBreaks(text: string, start: number, end: number): number {
  return text.slice(start, end).match(/\r\n|\n|\r/g)?.length ?? 0;
}
