import type { TimeMs } from '../../domain/index.ts';
import type { PerformanceMetrics } from '../metrics/index.ts';
import { counted, day, decimal, minute, percent, signedPercent, signedUsd, usd } from './format.ts';
import { html, type Markup } from './html.ts';
import { page } from './page.ts';
import { type Cell, paragraph, section, table } from './page-parts.ts';
import type { ReportTrade } from './report-data.ts';
import { type MoneyCurve, moneyFigure } from './sections/curves.ts';
import { keyFigures } from './sections/overview.ts';
import { trades } from './sections/trades.ts';

/** What the report of real results shows. Plain numbers and strings: the caller has computed it all. */
export interface LiveReportData {
  readonly simulated: boolean;
  readonly madeAtMs: TimeMs;
  readonly startUsd: number;
  readonly equity: readonly LivePoint[];
  readonly metrics: PerformanceMetrics;
  /** Funding of perpetuals received less paid; absent where there was none. */
  readonly fundingUsd?: number | undefined;
  readonly trades: readonly ReportTrade[];
  readonly attribution: readonly LiveAttribution[];
  readonly comparison: LiveComparison | { readonly why: string };
}

interface LivePoint {
  readonly timeMs: TimeMs;
  readonly usd: number;
}

/** Parts of a closed trade's profit, in USD. */
export interface LiveAttribution {
  readonly closedMs: TimeMs | null;
  readonly pnlUsd: number;
  readonly signalUsd: number;
  readonly timingUsd: number;
  readonly slippageUsd: number;
  readonly feesUsd: number;
  /** Absent where there was none. */
  readonly fundingUsd?: number | undefined;
}

export interface LiveComparison {
  /** What the comparison says, one sentence each. */
  readonly sentences: readonly string[];
  readonly expectedEquity: readonly LivePoint[];
  readonly rows: readonly LiveComparisonRow[];
}

export interface LiveComparisonRow {
  readonly name: string;
  readonly expectedBy: string;
  readonly observations: number;
  readonly expected: string;
  readonly realised: string;
  readonly difference: string;
  /** Empty where there is none. */
  readonly interval: string;
  readonly isBad: boolean;
  readonly isGood: boolean;
  readonly text: string;
}

/** Real results as one HTML file: what came out, against what was expected, and where it came from. */
export function renderLiveReport(data: LiveReportData): string {
  const title = `${data.simulated ? 'SIMULATED \u00b7 ' : ''}Performance`;
  return page(title, [
    opening(data),
    tiles(data),
    curve(data),
    comparison(data),
    attribution(data),
    keyFigures(data),
    trades(data),
  ]);
}

function opening({ simulated, equity, madeAtMs }: LiveReportData): Markup {
  const banner = simulated
    ? html`<p class="banner" role="note"><b>SIMULATED.</b> Prices, orders and money in this report were made up by a simulated world. Nothing in it says anything about the real market.</p>
`
    : null;
  const period = equity.length === 0 ? 'no decision yet' : `${day(equity[0]!.timeMs)} to ${day(equity.at(-1)!.timeMs)} (UTC)`;
  return html`<header>${banner}<h1>${simulated ? 'SIMULATED \u00b7 ' : null}Performance</h1>
<p class="muted">${period}, ${counted(equity.length, 'daily decision')}; made ${minute(madeAtMs)} UTC</p></header>
`;
}

function tiles({ metrics, equity, startUsd, attribution: parts, fundingUsd }: LiveReportData): Markup {
  const interval = metrics.sharpeInterval;
  const facts: readonly (readonly [string, string, string])[] = [
    ['Equity', usd(equity.at(-1)?.usd ?? startUsd), `of ${usd(startUsd)}`],
    ['Return after costs', signedPercent(metrics.totalReturn), 'money given or taken by hand left out'],
    [
      'Sharpe ratio',
      decimal(metrics.sharpe, 2),
      interval === null ? 'too few days for an interval' : `95 % between ${interval.map((x) => decimal(x, 2)).join(' and ')}`,
    ],
    ['Deepest drawdown', percent(metrics.maxDrawdown), ''],
    [
      'Trades',
      decimal(metrics.trades, 0),
      metrics.winRate === null ? 'none closed' : `${percent(metrics.winRate, 0)} of closed ones won`,
    ],
    ['Fees', usd(metrics.feesUsd), `slippage ${signedUsd(parts.reduce((sum, x) => sum + x.slippageUsd, 0))} of closed trades`],
    ...(fundingUsd === undefined ? [] : [['Funding', signedUsd(fundingUsd), 'received less paid'] as const]),
  ];
  return html`<dl class="tiles">${facts.map(([name, value, more]) => html`<div><dt>${name}</dt><dd>${value}</dd><dd class="small muted">${more}</dd></div>`)}</dl>
`;
}

function curve({ simulated, equity, comparison: against }: LiveReportData): Markup {
  if (equity.length < 2) return section('Equity', paragraph('There are too few decisions to draw.', 'muted'));
  const of = (kind: MoneyCurve['kind'], text: string, points: readonly LivePoint[]): MoneyCurve => ({
    kind,
    text,
    timeMs: points.map(({ timeMs }) => timeMs),
    usd: points.map((point) => point.usd),
  });
  const expected = 'why' in against ? [] : [of('hold', 'Expected: the backtest of the same days', against.expectedEquity)];
  const description = `Equity, ${usd(equity.at(-1)!.usd)} at the end${expected.length > 0 ? ', and of the backtest of the same days' : ''}`;
  return section(
    'Equity',
    moneyFigure(simulated, 'Equity after each decision', description, [...expected, of('own', 'Realised', equity)]),
  );
}

function comparison({ simulated, comparison: against }: LiveReportData): Markup {
  const title = 'Against expectation';
  if ('why' in against) return section(title, paragraph(against.why, 'muted'));
  const rows = against.rows.map((row): Cell[] => [
    row.name,
    row.expected,
    row.realised,
    { text: row.difference, kind: row.isBad ? 'loss' : row.isGood ? 'gain' : '' },
    row.interval,
    String(row.observations),
    row.text,
  ]);
  return section(
    title,
    ...against.sentences.map((sentence) => paragraph(sentence)),
    table({
      simulated,
      caption: 'Realised less expected, with its 95 % interval',
      columns: ['', '>Expected', '>Realised', '>Difference', '>Between', '>Of', 'In words'],
      rows,
    }),
    ...against.rows.map(({ name, expectedBy }) => paragraph(`${name}: expected is ${expectedBy}.`, 'small')),
  );
}

const SHOWN = 50;

function attribution({ simulated, attribution: all }: LiveReportData): Markup {
  const hasFunding = all.some(({ fundingUsd }) => fundingUsd !== undefined);
  const money = (value: number): Cell => ({ text: signedUsd(value), kind: value > 0 ? 'gain' : value < 0 ? 'loss' : '' });
  const cells = (name: string, x: Omit<LiveAttribution, 'closedMs'>): Cell[] => [
    { text: name, kind: 'nowrap' },
    money(x.signalUsd),
    money(x.timingUsd),
    money(x.slippageUsd),
    money(x.feesUsd),
    ...(hasFunding ? [money(x.fundingUsd ?? 0)] : []),
    money(x.pnlUsd),
  ];
  const sum = (of: (x: LiveAttribution) => number) => all.reduce((total, x) => total + of(x), 0);
  const total = {
    signalUsd: sum((x) => x.signalUsd),
    timingUsd: sum((x) => x.timingUsd),
    slippageUsd: sum((x) => x.slippageUsd),
    feesUsd: sum((x) => x.feesUsd),
    fundingUsd: sum((x) => x.fundingUsd ?? 0),
    pnlUsd: sum((x) => x.pnlUsd),
  };
  const newest = all.slice(-SHOWN).reverse();
  return section(
    'Where it came from',
    paragraph(
      'Signal: what the prices of the decisions themselves brought. Timing: what the price did until later attempts of an order. Slippage: fills against the price of their order. The parts add up to the profit.',
      'small',
    ),
    table({
      simulated,
      caption: all.length > SHOWN ? `Closed trades, the newest ${SHOWN}; the sum is of all` : 'Closed trades, newest first',
      columns: ['Closed', '>Signal', '>Timing', '>Slippage', '>Fees', ...(hasFunding ? ['>Funding'] : []), '>Profit'],
      rows: all.length === 0 ? [] : [cells('Sum', total), ...newest.map((x) => cells(minute(x.closedMs), x))],
      empty: 'No trade has been closed.',
    }),
  );
}
