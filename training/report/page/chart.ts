import { type Html, html } from "./html.js";
import { linearScale, type Scale } from "./scale.js";

export interface Point {
  x: number;
  y: number;
}

/** A run's line in a chart. */
export interface Line {
  name: string;
  /** Place of the run among the report's, which gives its colour. */
  run: number;
  points: Point[];
}

export interface ChartOptions {
  title: string;
  /** What the axes measure, with the unit. */
  x: string;
  y: string;
  lines: Line[];
  /** Draws the moving mean over so many points thick and the points themselves thin. */
  mean?: number;
  /** Marks each point: for a few. */
  marks?: boolean;
  /** Lets the y axis begin at 0. */
  fromZero?: boolean;
  wholeX?: boolean;
}

const WIDTH = 440;
const HEIGHT = 264;
const PLOT = { left: 64, right: 430, top: 14, bottom: 212 };

/** A line chart as a figure: SVG with both axes labelled, and the values under the pointer or the arrow keys below it. */
export function lineChart(options: ChartOptions): Html {
  const lines = options.lines
    .map((line) => ({ ...line, points: line.points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)) }))
    .filter(({ points }) => points.length > 0);
  if (lines.length === 0) return html``;
  const drawn = lines.map((line) => ({ ...line, mean: movingMean(line.points, options.mean ?? 1) }));
  const xs = lines.flatMap(({ points }) => points.map(({ x }) => x));
  const ys = lines.flatMap(({ points }) => points.map(({ y }) => y));
  const scaleX = linearScale(minimum(xs), maximum(xs), { whole: options.wholeX });
  const low = options.fromZero ? Math.min(0, minimum(ys)) : minimum(ys);
  const scaleY = linearScale(low, maximum(ys), { round: true, ticks: 4 });
  const at = placement(scaleX, scaleY);
  const values = drawn.map(({ name, run, mean }) => ({ name, run, points: mean.map(({ x, y }) => [x, round(y)]) }));
  const frame = { left: PLOT.left, right: PLOT.right, width: WIDTH, from: minimum(xs), to: maximum(xs) };
  return html`<figure class="chart" tabindex="0" data-frame="${JSON.stringify(frame)}" data-lines="${JSON.stringify(values)}">
<figcaption>${options.title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${summary(options, drawn)}">
${axes(options, scaleX, scaleY, at)}
${drawn.map((line) => drawLine(line, options, at))}
<path class="cursor" d="M0 ${PLOT.top}V${PLOT.bottom}"/>
</svg>
<p class="readout" aria-live="polite"></p>
</figure>`;
}

type Placement = (point: Point) => { x: string; y: string };

function placement(scaleX: Scale, scaleY: Scale): Placement {
  return ({ x, y }) => ({
    x: (PLOT.left + scaleX.place(x) * (PLOT.right - PLOT.left)).toFixed(1),
    y: (PLOT.bottom - scaleY.place(y) * (PLOT.bottom - PLOT.top)).toFixed(1),
  });
}

function axes({ x, y }: ChartOptions, scaleX: Scale, scaleY: Scale, at: Placement): Html {
  const [anyX, anyY] = [scaleX.ticks[0], scaleY.ticks[0]];
  const middle = (PLOT.top + PLOT.bottom) / 2;
  const rows = scaleY.ticks.map((tick) => {
    const place = at({ x: anyX, y: tick }).y;
    return html`<path class="grid" d="M${PLOT.left} ${place}H${PLOT.right}"/><text x="${PLOT.left - 7}" y="${place}" dy=".33em" text-anchor="end">${scaleY.format(tick)}</text>`;
  });
  const columns = scaleX.ticks.map((tick) => {
    const place = at({ x: tick, y: anyY }).x;
    return html`<path class="tick" d="M${place} ${PLOT.bottom}v4"/><text x="${place}" y="${PLOT.bottom + 18}" text-anchor="middle">${scaleX.format(tick)}</text>`;
  });
  return html`<g class="axes">${rows}${columns}
<text class="label" x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${x}</text>
<text class="label" transform="translate(11 ${middle}) rotate(-90)" text-anchor="middle">${y}</text></g>`;
}

function drawLine(line: Line & { mean: Point[] }, { mean, marks }: ChartOptions, at: Placement): Html {
  const path = (points: Point[]) =>
    points.map((point, i) => `${i === 0 ? "M" : "L"}${at(point).x} ${at(point).y}`).join("");
  const dots = marks || line.points.length === 1 ? line.points : [];
  return html`<g class="line run-${line.run % 6}"><title>${line.name}</title>
${mean !== undefined && mean > 1 && html`<path class="thin" d="${path(line.points)}"/>`}
<path class="thick" d="${path(line.mean)}"/>
${dots.map((point) => html`<circle cx="${at(point).x}" cy="${at(point).y}" r="3.5"/>`)}</g>`;
}

/** Mean of up to `width` neighbours around each point, fewer (and as many on both sides) near the ends. */
export function movingMean(points: Point[], width: number): Point[] {
  return points.map(({ x }, i) => {
    const reach = Math.min(Math.floor(width / 2), i, points.length - 1 - i);
    const near = points.slice(i - reach, i + reach + 1);
    return { x, y: near.reduce((sum, point) => sum + point.y, 0) / near.length };
  });
}

/** What the chart shows, in words. */
function summary({ title, x }: ChartOptions, lines: (Line & { mean: Point[] })[]): string {
  const ends = lines.map(({ name, mean }) => {
    const [first, last] = [mean[0], mean[mean.length - 1]];
    return `${name}: ${round(first.y)} at ${first.x} to ${round(last.y)} at ${last.x}`;
  });
  return `${title} over ${x}. ${ends.join("; ")}.`;
}

const round = (value: number) => Number(value.toPrecision(4));
const minimum = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
const maximum = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
