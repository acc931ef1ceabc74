import { canStroke, strokeText, strokeWidth } from "./stroke-font.js";

interface TextPlace {
  x: number;
  /** Baseline. */
  y: number;
  /** Height of a small x; smaller if the text would be wider than maxWidth. */
  xHeight: number;
  maxWidth: number;
  anchor: "start" | "middle" | "end";
  colour: string;
  /** Of the stroke, in parts of the x-height. */
  weight?: number;
}

/** One line of text as SVG: drawn with the built-in strokes, or, for scripts that these lack, in the system's font. */
export function textSvg(text: string, place: TextPlace): string {
  const { x, y, maxWidth, anchor, colour, weight = 0.17 } = place;
  if (!canStroke(text)) {
    const size = Math.min(place.xHeight * 1.9, (maxWidth / Math.max(1, text.length)) * 1.6);
    const style = `font-family="sans-serif" font-size="${size.toFixed(2)}" text-anchor="${anchor}" fill="${colour}"`;
    return `<text x="${x}" y="${y}" ${style}>${escapeXml(text)}</text>`;
  }
  const width = strokeWidth(text);
  const scale = Math.min(place.xHeight / 10, maxWidth / (width + 2));
  const left = x - { start: 0, middle: 0.5, end: 1 }[anchor] * width * scale;
  const stroke = `fill="none" stroke="${colour}" stroke-width="${10 * weight}" stroke-linecap="round" stroke-linejoin="round"`;
  return `<g transform="translate(${left.toFixed(2)} ${y}) scale(${scale.toFixed(4)})" ${stroke}>${strokeText(text)}</g>`;
}

function escapeXml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
  // Characters that XML 1.0 cannot carry are left out.
  return text.replace(/[\p{Cc}\uFFFE\uFFFF]/gu, "").replace(/[&<>"']/g, (character) => names[character]!);
}
