import type { LogEntry } from "./log.js";

const WIDTH = 720;
const HEIGHT = 280;
const MARGIN = { left: 48, right: 16, top: 36, bottom: 32 };

interface Series {
  title: string;
  colour: string;
  points: { x: number; y: number }[];
}

/** The run's curves as one SVG picture: cross-entropy by step above, scores by epoch below. */
export function drawCurves(entries: LogEntry[]): string {
  const steps = entries.filter((entry) => entry.kind === "step");
  const epochs = entries.filter((entry) => entry.kind === "epoch");
  const score = (name: string, colour: string): Series => ({
    title: name,
    colour,
    points: epochs.map((epoch) => ({ x: epoch.epoch + 1, y: epoch.scores[name] ?? 0 })),
  });
  const charts = [
    chart("cross-entropy, nats a word, by step", [
      {
        title: "training",
        colour: "#2563eb",
        points: steps.map(({ step, crossEntropy }) => ({ x: step, y: crossEntropy })),
      },
    ]),
    chart("scores of generated validation captions, by epoch", [
      score("CIDEr-D", "#dc2626"),
      score("ROUGE-L", "#059669"),
      score("BLEU-4", "#7c3aed"),
    ]),
  ];
  const placed = charts.map((body, i) => `<g transform="translate(0 ${i * HEIGHT})">${body}</g>`).join("\n");
  const height = HEIGHT * charts.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${placed}
</svg>
`;
}

function chart(title: string, series: Series[]): string {
  const points = series.flatMap((one) => one.points);
  if (points.length === 0) return "";
  const [left, right] = [Math.min(...points.map((p) => p.x)), Math.max(...points.map((p) => p.x))];
  const [low, high] = [Math.min(0, ...points.map((p) => p.y)), Math.max(...points.map((p) => p.y))];
  const scaleX = (x: number) => MARGIN.left + ((x - left) / (right - left || 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const scaleY = (y: number) =>
    HEIGHT - MARGIN.bottom - ((y - low) / (high - low || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const levels = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4);
  const grid = levels.map(
    (y) =>
      `<path d="M${MARGIN.left} ${scaleY(y).toFixed(1)}H${WIDTH - MARGIN.right}" stroke="#e5e7eb"/>` +
      `<text x="${MARGIN.left - 6}" y="${(scaleY(y) + 4).toFixed(1)}" text-anchor="end" fill="#6b7280">${y.toFixed(2)}</text>`,
  );
  const ends = [left, right].map(
    (x) => `<text x="${scaleX(x).toFixed(1)}" y="${HEIGHT - 10}" text-anchor="middle" fill="#6b7280">${x}</text>`,
  );
  const lines = series.map(({ colour, points: own }) => {
    const path = own.map(({ x, y }, i) => `${i ? "L" : "M"}${scaleX(x).toFixed(1)} ${scaleY(y).toFixed(1)}`).join("");
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.8"/>`;
  });
  const legend = series.map(
    (one, i) =>
      `<text x="${WIDTH - MARGIN.right - 90 * (series.length - 1 - i)}" y="20" text-anchor="end" fill="${one.colour}">${one.title}</text>`,
  );
  return [
    `<text x="${MARGIN.left}" y="20" font-weight="bold" fill="#111827">${title}</text>`,
    ...grid,
    ...ends,
    ...lines,
    ...legend,
  ].join("\n");
}
