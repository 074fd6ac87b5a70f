import type { LiveComparison, LiveComparisonRow, LiveReportData } from '../../backtest/index.ts';
import type { Attribution, EquityPoint, TradeHistoryEntry } from '../../trading/index.ts';
import type { ComparedFigure, Expectation } from './expectation.ts';

/** How a figure is called and written. */
const WRITTEN: Readonly<Record<ComparedFigure['name'], { readonly title: string; write(value: number): string }>> = {
  return_per_day: { title: 'Return a day', write: (value) => `${(100 * value).toFixed(3)} %` },
  hit_rate: { title: 'Hit rate', write: (value) => `${(100 * value).toFixed(1)} %` },
  log_loss: { title: 'Log loss', write: (value) => value.toFixed(4) },
  slippage_bps: { title: 'Slippage', write: (value) => `${value.toFixed(1)} bps` },
};

const signed = (text: string): string => (text.startsWith('-') || !/[1-9]/.test(text) ? text : `+${text}`);

/** One compared figure in words and numbers, for the page and the terminal. */
function comparisonRow(figure: ComparedFigure): LiveComparisonRow {
  const { title, write } = WRITTEN[figure.name];
  const of = (value: number | null) => (value === null ? '-' : write(value));
  return {
    name: title,
    expectedBy: figure.expectedBy,
    observations: figure.observations,
    expected: of(figure.expected),
    realised: of(figure.realised),
    difference: figure.difference === null ? '-' : signed(write(figure.difference)),
    interval: figure.interval === null ? '' : figure.interval.map((end) => signed(write(end))).join(' to '),
    isBad: figure.verdict === 'worse',
    isGood: figure.verdict === 'better',
    text: figure.text,
  };
}

const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(2)} %`);

/** What a comparison comes to, one sentence each. */
function expectationSentences(expectation: Expectation, isSimulated: boolean): string[] {
  const { days, expectedReturn, realisedReturn, figures, unknownModels } = expectation;
  const worse = figures.filter(({ verdict }) => verdict === 'worse').map(({ name }) => WRITTEN[name].title.toLowerCase());
  return [
    `${isSimulated ? 'SIMULATED: ' : ''}over ${days} decided days the backtest of the same predictions returns ${percent(expectedReturn)}; ${percent(realisedReturn)} were realised.`,
    worse.length === 0
      ? 'Nothing is worse than expected by more than luck explains.'
      : `Worse than expected, by more than luck explains: ${worse.join(', ')}.`,
    ...(unknownModels.length === 0
      ? []
      : [`Scores leave out the days of ${unknownModels.length} models that are not in the registry any more.`]),
  ];
}

/** A line for each figure, for a terminal. */
export const expectationLines = (expectation: Expectation, isSimulated: boolean): string[] => [
  ...expectationSentences(expectation, isSimulated),
  ...expectation.figures.map((figure) => {
    const { name, expected, realised, difference, interval, observations, text } = comparisonRow(figure);
    const between = interval === '' ? '' : ` (95 %: ${interval})`;
    return `${name.padEnd(12)} expected ${expected}, realised ${realised}: ${difference}${between}, ${text}; of ${observations}`;
  }),
];

export interface LiveFacts extends Pick<LiveReportData, 'simulated' | 'madeAtMs' | 'metrics' | 'fundingUsd'> {
  readonly capitalUsd: string;
  readonly points: readonly EquityPoint[];
  readonly trades: readonly TradeHistoryEntry[];
  readonly attribution: readonly Attribution[];
  readonly expectation: Expectation | { readonly why: string };
}

/** Everything that the HTML report shows. */
export function liveReportOf({ capitalUsd, points, trades, attribution, expectation, ...facts }: LiveFacts): LiveReportData {
  const closedMs = new Map(trades.map(({ tradeId, exitTimeMs }) => [tradeId, exitTimeMs]));
  return {
    ...facts,
    trades,
    startUsd: Number(capitalUsd),
    equity: points.map(({ timeMs, equityUsd }) => ({ timeMs, usd: equityUsd })),
    attribution: attribution.map((x) => ({
      closedMs: closedMs.get(x.tradeId) ?? null,
      pnlUsd: Number(x.pnlUsd),
      signalUsd: Number(x.signalUsd),
      timingUsd: Number(x.timingUsd),
      slippageUsd: Number(x.slippageUsd),
      feesUsd: Number(x.feesUsd),
      ...(x.fundingUsd !== undefined && { fundingUsd: Number(x.fundingUsd) }),
    })),
    comparison: 'why' in expectation ? expectation : comparisonOf(expectation, facts.simulated),
  };
}

const comparisonOf = (expectation: Expectation, isSimulated: boolean): LiveComparison => ({
  sentences: expectationSentences(expectation, isSimulated),
  expectedEquity: expectation.expectedEquity,
  rows: expectation.figures.map(comparisonRow),
});
