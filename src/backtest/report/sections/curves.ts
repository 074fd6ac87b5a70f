import { drawdownSeries } from '../../metrics/index.ts';
import { day, decimal, percent, usd } from '../format.ts';
import { html, type Markup } from '../html.ts';
import { figure, paragraph, section } from '../page-parts.ts';
import type { ReportData, ReportDay } from '../report-data.ts';
import { linearScale, logScale, type Scale, wantsLog } from '../scale.ts';
import { area, boxes, type ChartFrame, line, place, svgChart, timeAxis, triangle, verticalRange } from '../svg-chart.ts';

const EQUITY_HEIGHT = 300;
const DRAWDOWN_HEIGHT = 150;
const PRICE_HEIGHT = 280;
const STRIP_HEIGHT = 18;
const EXPOSURE_HEIGHT = 70;

/** Equity, drawdown and decisions over time. */
export function curves(data: ReportData): Markup {
  const { days } = data;
  if (days.length < 2) return section('Over time', paragraph('There are too few decisions to draw.', 'muted'));
  return section('Over time', equity(data), drawdown(data), decisions(data));
}

/** Scale for money: logarithmic where the values span much, with some air at both ends. */
function moneyScale(values: readonly number[], height: number): { readonly scale: Scale; readonly isLog: boolean } {
  const known = values.filter(Number.isFinite);
  const low = known.reduce((a, b) => Math.min(a, b), Infinity);
  const high = known.reduce((a, b) => Math.max(a, b), -Infinity);
  const isLog = wantsLog(low, high);
  const air = (high - low || Math.abs(high) || 1) * 0.04;
  const scale = isLog
    ? logScale([low / 1.06, high * 1.06], verticalRange(height))
    : linearScale([low - air, high + air], verticalRange(height));
  return { scale, isLog };
}

const dollars = (value: number): string => `$${decimal(value, Math.abs(value) < 10 && value % 1 !== 0 ? 2 : 0)}`;

const times = (days: readonly ReportDay[]): number[] => days.map(({ timeMs }) => timeMs);

const axisOf = (days: readonly ReportDay[]) => timeAxis(days[0]?.timeMs ?? 0, days.at(-1)?.timeMs ?? 1);

/** A curve of money over time; `kind` is its class of the style sheet. */
export interface MoneyCurve {
  readonly kind: 'own' | 'hold' | 'price';
  readonly text: string;
  readonly timeMs: readonly number[];
  readonly usd: readonly number[];
}

/** Curves of money in one chart, the last one on top. */
export function moneyFigure(simulated: boolean, caption: string, description: string, all: readonly MoneyCurve[]): Markup {
  const ends = all.flatMap(({ timeMs }) => [timeMs[0] ?? 0, timeMs.at(-1) ?? 0]);
  const { scale, isLog } = moneyScale(
    all.flatMap(({ usd: values }) => values),
    EQUITY_HEIGHT,
  );
  const axis = timeAxis(Math.min(...ends), Math.max(...ends));
  const frame: ChartFrame = { height: EQUITY_HEIGHT, ...axis, y: scale, yText: dollars };
  const lines = all.map(({ kind, timeMs, usd: values }) => line(place(frame, timeMs, values), kind));
  return figure(
    {
      simulated,
      caption: `${caption}, USD${isLog ? ', logarithmic' : ''}`,
      legend: all.toReversed().map(({ kind, text }) => [kind, text] as const),
    },
    svgChart(frame, description, lines),
  );
}

function equity({ simulated, days, endUsd, buyAndHoldUsd }: ReportData): Markup {
  const timeMs = times(days);
  return moneyFigure(
    simulated,
    'Equity against buy-and-hold',
    `Equity of the strategy, ${usd(endUsd)} at the end, and of buy-and-hold, ${usd(buyAndHoldUsd)}`,
    [
      { kind: 'hold', text: `Buy-and-hold, ${usd(buyAndHoldUsd)}`, timeMs, usd: days.map((x) => x.buyAndHoldUsd) },
      { kind: 'own', text: `Strategy, ${usd(endUsd)} at the end`, timeMs, usd: days.map((x) => x.equityUsd) },
    ],
  );
}

function drawdown({ simulated, days, metrics }: ReportData): Markup {
  const own = Array.from(drawdownSeries(Float64Array.from(days, (x) => x.equityUsd)), (x) => -x);
  const held = Array.from(drawdownSeries(Float64Array.from(days, (x) => x.buyAndHoldUsd)), (x) => -x);
  const lowest = [...own, ...held].reduce((a, b) => Math.min(a, b), -0.01);
  const frame: ChartFrame = {
    height: DRAWDOWN_HEIGHT,
    ...axisOf(days),
    y: linearScale([lowest * 1.04, 0], verticalRange(DRAWDOWN_HEIGHT), 4),
    yText: (value) => percent(value, lowest > -0.04 ? 1 : 0),
  };
  const points = place(frame, times(days), own);
  const chart = svgChart(frame, `Drawdown; the strategy's deepest is ${percent(metrics.maxDrawdown)}`, [
    line(place(frame, times(days), held), 'hold'),
    area(points, frame.y.at(0), 'own'),
    line(points, 'own'),
  ]);
  return figure(
    {
      simulated,
      caption: 'Drawdown: how far below the highest point so far',
      legend: [
        ['own', 'Strategy'],
        ['hold', 'Buy-and-hold'],
      ],
    },
    chart,
  );
}

/** An exposure change smaller than this is the price moving, not a trade. */
const TRADED = 0.03;
const MANY_MARKS = 120;

function decisions({ simulated, days }: ReportData): Markup {
  const { scale, isLog } = moneyScale(
    days.map((x) => x.priceUsd),
    PRICE_HEIGHT,
  );
  const frame: ChartFrame = { height: PRICE_HEIGHT, ...axisOf(days), y: scale, yText: dollars };
  const traded = days.filter((x, i) => x.action !== 'HOLD' && Math.abs(x.exposure - (days[i - 1]?.exposure ?? 0)) >= TRADED);
  const size = traded.length > MANY_MARKS ? 3.5 : 5;
  const marks = traded.map((x) => {
    const point = { x: frame.x.at(x.timeMs), y: frame.y.at(x.priceUsd) };
    const isBuy = x.action === 'BUY';
    return triangle(
      point,
      isBuy ? 'up' : 'down',
      size,
      isBuy ? 'up' : 'down',
      `${x.action} ${day(x.timeMs)} at ${usd(x.priceUsd)}`,
    );
  });
  const bought = traded.filter((x) => x.action === 'BUY').length;
  const chart = svgChart(
    frame,
    `Price of ETH with ${bought} purchases and ${traded.length - bought} sales`,
    [
      line(
        place(
          frame,
          times(days),
          days.map((x) => x.priceUsd),
        ),
        'price',
      ),
    ],
    marks,
  );
  return figure(
    {
      simulated,
      caption: `Decisions on the price of ETH, USD${isLog ? ', logarithmic' : ''}`,
      legend: [
        ['price', 'Price'],
        ['box up', '\u25b2 BUY'],
        ['box down', '\u25bc SELL'],
        ['box calm', 'HOLD (in the strip)'],
        ['own', 'Share of equity in ETH'],
      ],
      note: 'Triangles are decisions that changed the position. The strip shows what the model said each day, the curve below it how much of equity was in ETH.',
    },
    chart,
    strip(days),
    exposure(days),
  );
}

function strip(days: readonly ReportDay[]): Markup {
  const axis = axisOf(days);
  const frame: ChartFrame = { height: STRIP_HEIGHT, ...axis, xTicks: [], y: { at: () => 0, ticks: [] }, yText: () => '' };
  const [first, second] = [days[0]?.timeMs ?? 0, days[1]?.timeMs ?? 1];
  const width = axis.x.at(second) - axis.x.at(first);
  const of = (label: string, kind: string) =>
    boxes(
      runs(days, label).map(([from, to]) => [axis.x.at(from), Math.min(axis.x.at(to) + width, 1000)] as const),
      0,
      STRIP_HEIGHT,
      kind,
    );
  return html`<div class="strip">${svgChart(frame, 'What the model said each day', [of('HOLD', 'calm'), of('BUY', 'up'), of('SELL', 'down')])}</div>`;
}

/** First and last time of each unbroken row of days with that label. */
function runs(days: readonly ReportDay[], label: string): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const [i, x] of days.entries()) {
    if (x.label !== label) continue;
    const last = found.at(-1);
    if (last !== undefined && days[i - 1]?.label === label) last[1] = x.timeMs;
    else found.push([x.timeMs, x.timeMs]);
  }
  return found;
}

/** From nothing to all of equity; further only where perpetuals went short, or beyond equity. */
function exposure(days: readonly ReportDay[]): Markup {
  const low = Math.min(0, ...days.map((x) => Math.floor(x.exposure)));
  const high = Math.max(1, ...days.map((x) => Math.ceil(x.exposure)));
  const frame: ChartFrame = {
    height: EXPOSURE_HEIGHT,
    ...axisOf(days),
    y: {
      at: linearScale([low, high], verticalRange(EXPOSURE_HEIGHT)).at,
      ticks: low === 0 && high === 1 ? [0, 0.5, 1] : [low, 0, high],
    },
    yText: (value) => percent(value, 0),
  };
  const stepped = days.flatMap((x, i) => (i === 0 ? [x] : [{ timeMs: x.timeMs, exposure: days[i - 1]?.exposure ?? 0 }, x]));
  const points = place(
    frame,
    stepped.map((x) => x.timeMs),
    stepped.map((x) => x.exposure),
  );
  return svgChart(frame, 'Share of equity in ETH', [area(points, frame.y.at(0), 'own'), line(points, 'own thin')]);
}
