/** Markup that is safe to put into a page as it stands. */
export class Html {
  constructor(readonly markup: string) {}
}

type Part = string | number | Html | undefined | false | readonly Part[];

/** A template of HTML or SVG: everything in it is escaped, for text and for quoted attributes, but `Html` itself. */
export function html(template: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(template.map((text, i) => text + (i < parts.length ? render(parts[i]) : "")).join(""));
}

function render(part: Part): string {
  if (part instanceof Html) return part.markup;
  if (part === undefined || part === false) return "";
  if (Array.isArray(part)) return part.map(render).join("");
  return escapeHtml(String(part));
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text for a page, in elements and in quoted attributes. Control characters, which HTML forbids, are left out. */
export function escapeHtml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that HTML forbids
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "").replace(/[&<>"']/g, (sign) => ENTITIES[sign]);
}
