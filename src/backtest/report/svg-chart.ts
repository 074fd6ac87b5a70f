import type { TimeMs } from '../../domain/index.ts';
import { html, Markup } from './html.ts';
import { linearScale, type Scale, timeTicks } from './scale.ts';
import { type Point, thinCurve } from './thin-curve.ts';

/** Width of a plot in its own units: it is stretched to the page, its height and all text are not. */
const WIDTH = 1000;
const AXIS_WIDTH = 66;
const AXIS_HEIGHT = 26;
/** Room above the highest tick for half of its text. */
const TOP = 10;

/** A tick of the horizontal axis. */
export interface AxisTick {
  readonly value: number;
  readonly text: string;
}

export interface ChartFrame {
  /** In pixels, without the axis below. */
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
  readonly xTicks: readonly AxisTick[];
  readonly yText: (value: number) => string;
}

/** Horizontal scale of a chart over time, ticks at beginnings of months or years. */
export function timeAxis(startMs: TimeMs, endMs: TimeMs): Pick<ChartFrame, 'x' | 'xTicks'> {
  return {
    x: linearScale([startMs, endMs], [0, WIDTH]),
    xTicks: timeTicks(startMs, endMs).map(({ timeMs, text }) => ({ value: timeMs, text })),
  };
}

/** Horizontal scale for numbers. */
export function numberAxis(low: number, high: number, text: (value: number) => string): Pick<ChartFrame, 'x' | 'xTicks'> {
  const x = linearScale([low, high], [0, WIDTH], 7);
  return { x, xTicks: x.ticks.map((value) => ({ value, text: text(value) })) };
}

/** Range of the vertical scale of a chart of that height: bottom to top. */
export const verticalRange = (height: number): readonly [number, number] => [height, TOP];

/**
 * A chart with axes: `curves` are stretched with the page, `marks` keep their shape. Read aloud as `description`.
 * No element has an id, so that any number of charts can stand in one page.
 */
export function svgChart(
  frame: ChartFrame,
  description: string,
  curves: readonly Markup[],
  marks: readonly Markup[] = [],
): Markup {
  const { height, x, y, xTicks, yText } = frame;
  const total = height + (xTicks.length === 0 ? 4 : AXIS_HEIGHT);
  const grid = y.ticks.map(
    (tick) => html`<line class="grid" x1="0" x2="100%" y1="${fixed(y.at(tick))}" y2="${fixed(y.at(tick))}"/>`,
  );
  const labels = y.ticks.map(
    (tick) => html`<text x="${AXIS_WIDTH - 8}" y="${fixed(y.at(tick) + 4)}" text-anchor="end">${yText(tick)}</text>`,
  );
  const below = xTicks.map((tick, i) => xLabel(tick, i, x, height));
  return html`<div class="plot"><svg class="axis" width="${AXIS_WIDTH}" height="${total}" aria-hidden="true">${labels}</svg><svg class="field" width="100%" height="${total}" role="img" aria-label="${description}">${grid}${below}<svg width="100%" height="${height}" viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none">${curves}</svg>${marks}</svg></div>`;
}

function xLabel({ value, text }: AxisTick, index: number, x: Scale, height: number): Markup {
  const share = x.at(value) / WIDTH;
  const anchor = share < 0.03 ? 'start' : share > 0.97 ? 'end' : 'middle';
  const at = percentOf(x.at(value));
  return html`<line class="tick" x1="${at}" x2="${at}" y1="${height}" y2="${height + 5}"/><text class="${index % 2 ? 'odd' : 'even'}" x="${at}" y="${height + 20}" text-anchor="${anchor}">${text}</text>`;
}

/** Values over a chart's scales as points of its plot, thinned. */
export const place = (frame: Pick<ChartFrame, 'x' | 'y'>, xs: readonly number[], ys: readonly number[]): readonly Point[] =>
  thinCurve(
    xs.map((value, i) => ({ x: frame.x.at(value), y: frame.y.at(ys[i] ?? Number.NaN) })).filter((p) => Number.isFinite(p.y)),
  );

/** A line through points. `kind` is a class of the style sheet. */
export const line = (points: readonly Point[], kind: string): Markup =>
  html`<path class="line ${kind}" d="${new Markup(pathOf(points))}"/>`;

/** The area between points and a horizontal line at `base`. */
export function area(points: readonly Point[], base: number, kind: string): Markup {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return html``;
  return html`<path class="area ${kind}" d="${new Markup(`${pathOf(points)}V${fixed(base)}H${fixed(first.x)}Z`)}"/>`;
}

/** Boxes from x to x, all of the same height. */
export function boxes(
  spans: readonly (readonly [from: number, to: number])[],
  top: number,
  height: number,
  kind: string,
): Markup {
  const path = spans.map(([from, to]) => `M${fixed(from)} ${fixed(top)}H${fixed(to)}v${fixed(height)}H${fixed(from)}Z`).join('');
  return html`<path class="area ${kind}" d="${new Markup(path)}"/>`;
}

/** A triangle that points up (below its point) or down (above it), with a text that shows under the pointer. */
export function triangle(point: Point, direction: 'up' | 'down', size: number, kind: string, title: string): Markup {
  const sign = direction === 'up' ? 1 : -1;
  const gap = 4 * sign;
  const path = `M0 ${gap}l${size} ${sign * size * 1.7}h${-2 * size}Z`;
  return html`<svg class="mark" x="${percentOf(point.x)}" y="${fixed(point.y)}"><path class="area ${kind}" d="${path}"><title>${title}</title></path></svg>`;
}

/** A dot with a vertical bar from `low` to `high`. */
export function dotWithBar(point: Point, low: number, high: number, kind: string, title: string): Markup {
  const at = percentOf(point.x);
  return html`<g class="${kind}"><line class="bar" x1="${at}" x2="${at}" y1="${fixed(low)}" y2="${fixed(high)}"/><circle cx="${at}" cy="${fixed(point.y)}" r="5"><title>${title}</title></circle></g>`;
}

/** Small text in the middle over a point. */
export const note = (point: Point, text: string): Markup =>
  html`<text class="note" x="${percentOf(point.x)}" y="${fixed(point.y)}" text-anchor="middle">${text}</text>`;

const pathOf = (points: readonly Point[]): string =>
  points.map(({ x, y }, i) => `${i === 0 ? 'M' : i === 1 ? 'L' : ' '}${fixed(x)} ${fixed(y)}`).join('');

const fixed = (value: number): string => String(Math.round(value * 10) / 10);

const percentOf = (x: number): string => `${Math.round((x / WIDTH) * 10_000) / 100}%`;
