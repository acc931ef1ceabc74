/** The element with an id, of the kind that the page's HTML has there. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** A new element with text or children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Has screen readers say a sentence when they have finished the last one. */
export function announce(sentence: string): void {
  element("live").textContent = sentence;
}

/** Shows what went wrong, or with an empty sentence takes it away. */
export function notice(sentence: string): void {
  const box = element("notice");
  box.hidden = sentence === "";
  box.textContent = sentence;
}

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/** Hands the visitor a file. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
