import type { PerformanceMetrics } from '../../metrics/index.ts';
import { count, counted, day, decimal, percent, signedPercent, usd } from '../format.ts';
import { html, type Markup } from '../html.ts';
import { paragraph, section, table } from '../page-parts.ts';
import type { ReportData } from '../report-data.ts';
import { holdReturn, strategyReturn, verdictOf } from '../verdict.ts';

/** Title, what period it is about and, of a simulated run, that it is one. */
export function opening(data: ReportData): Markup {
  const { simulated, title, periodStartMs, periodEndMs, days } = data;
  const banner = simulated
    ? html`<p class="banner" role="note"><b>SIMULATED.</b> Prices and chain data in this report were made up by a simulated world. Nothing in it says anything about the real market.</p>
`
    : null;
  return html`<header>${banner}<h1>${simulated ? 'SIMULATED \u00b7 ' : null}${title}</h1>
<p class="muted">${day(periodStartMs)} to ${day(periodEndMs)} (UTC), ${counted(days.length, 'daily decision')}</p></header>
`;
}

/** The result in words. */
export function verdictCard(data: ReportData): Markup {
  const { headline, skill, money, certainty } = verdictOf(data);
  return html`<section class="verdict ${data.skill.verdict}"><h2>${headline}</h2>
${paragraph(skill)}${paragraph(money)}${paragraph(certainty)}</section>
`;
}

/** The few figures to see first. */
export function tiles(data: ReportData): Markup {
  const { metrics, model } = data;
  const interval = metrics.sharpeInterval;
  const facts: readonly (readonly [string, string, string])[] = [
    ['Return after costs', signedPercent(strategyReturn(data)), `${signedPercent(metrics.cagr)} a year`],
    ['Buy-and-hold', signedPercent(holdReturn(data)), `${usd(data.buyAndHoldUsd)} at the end`],
    [
      'Sharpe ratio',
      decimal(metrics.sharpe, 2),
      interval === null ? 'no interval' : `95 % between ${decimal(interval[0], 2)} and ${decimal(interval[1], 2)}`,
    ],
    [
      'Deepest drawdown',
      percent(metrics.maxDrawdown),
      metrics.maxDrawdownDays === null
        ? ''
        : `${counted(Math.round(metrics.maxDrawdownDays), 'day')} from peak to recovery or end`,
    ],
    [
      'Trades',
      count(metrics.trades),
      metrics.winRate === null ? 'none closed' : `${percent(metrics.winRate, 0)} of closed ones won`,
    ],
    ['Fees', usd(data.feesUsd), `${percent(data.startUsd > 0 ? data.feesUsd / data.startUsd : null)} of the starting capital`],
    ['Model\u2019s log loss', decimal(model.logLoss, 4), `class shares alone ${decimal(model.baselineLogLoss, 4)}`],
    ['Model\u2019s accuracy', percent(model.accuracy), `most frequent class ${percent(model.baselineAccuracy)}`],
  ];
  return html`<dl class="tiles">${facts.map(([name, value, more]) => html`<div><dt>${name}</dt><dd>${value}</dd><dd class="small muted">${more}</dd></div>`)}</dl>
`;
}

type Row = readonly [name: string, write: (metrics: PerformanceMetrics) => string];

const KEY_FIGURES: readonly Row[] = [
  ['Total return', (m) => signedPercent(m.totalReturn)],
  ['Compound growth a year', (m) => signedPercent(m.cagr)],
  ['Volatility a year', (m) => percent(m.volatility)],
  ['Sharpe ratio', (m) => decimal(m.sharpe, 2)],
  [
    '95 % interval of it',
    (m) => (m.sharpeInterval === null ? '\u2013' : m.sharpeInterval.map((x) => decimal(x, 2)).join(' to ')),
  ],
  ['Deflated Sharpe: probability that it is truly above 0', (m) => percent(m.deflatedSharpe)],
  ['Sortino ratio', (m) => decimal(m.sortino, 2)],
  ['Calmar ratio', (m) => decimal(m.calmar, 2)],
  ['Deepest drawdown', (m) => percent(m.maxDrawdown)],
  ['Its length', (m) => (m.maxDrawdownDays === null ? '\u2013' : counted(Math.round(m.maxDrawdownDays), 'day'))],
  ['Mean share of equity in ETH', (m) => percent(m.exposure)],
];

const TRADE_FIGURES: readonly Row[] = [
  ['Turnover a year, times mean equity', (m) => decimal(m.turnover, 1)],
  ['Closed trades', (m) => count(m.closedTrades)],
  ['Won', (m) => percent(m.winRate)],
  ['Profit factor', (m) => decimal(m.profitFactor, 2)],
  ['Mean profit of a closed trade', (m) => usd(m.expectancyUsd)],
];

/** All figures, buy-and-hold's beside the strategy's where they are told. */
export function keyFigures({ simulated, metrics, buyAndHold }: Pick<ReportData, 'simulated' | 'metrics' | 'buyAndHold'>): Markup {
  const rows = [
    ...KEY_FIGURES.map(([name, write]) => [name, write(metrics), ...(buyAndHold === undefined ? [] : [write(buyAndHold)])]),
    ...TRADE_FIGURES.map(([name, write]) => [name, write(metrics), ...(buyAndHold === undefined ? [] : ['\u2013'])]),
  ];
  const columns = ['', '>Strategy', ...(buyAndHold === undefined ? [] : ['>Buy-and-hold'])];
  return section(
    'Key figures',
    table({ simulated, caption: 'After fees and slippage', columns, rows }),
    paragraph(
      'Ratios are a year of 365 days, over a risk-free rate of 0. Their definitions: Sharpe, mean over spread of daily returns; Sortino, the same over losses only; Calmar, growth a year over the deepest drawdown.',
      'small',
    ),
  );
}
