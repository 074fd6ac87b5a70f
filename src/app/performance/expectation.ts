import { bootstrapInterval, mean } from '../../backtest/index.ts';
import { lastAtOrBefore, type Rng, type TimeMs } from '../../domain/index.ts';
import type { ModelManifest } from '../../model/index.ts';
import type { DecisionRecord, EquityPoint, Fill, OrderIntent } from '../../trading/index.ts';
import type { ExpectedDay } from './expected-run.ts';

/** One figure that was expected beforehand, and what it really came to. */
export interface ComparedFigure {
  readonly name: 'return_per_day' | 'hit_rate' | 'log_loss' | 'slippage_bps';
  /** Where the expectation comes from, for people. */
  readonly expectedBy: string;
  /** Days or fills that were compared. */
  readonly observations: number;
  readonly expected: number | null;
  readonly realised: number | null;
  /** Realised less expected, mean of the observations. */
  readonly difference: number | null;
  /** 95 % interval of the difference by stationary bootstrap; null where there are too few. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly verdict: 'as_expected' | 'better' | 'worse' | 'too_few';
  readonly text: string;
}

/** Reality against what the backtest and the walk-forward scores led one to expect, on the same days. */
export interface Expectation {
  readonly days: number;
  readonly fromMs: TimeMs;
  readonly untilMs: TimeMs;
  /** Of the whole time; the backtest of the same predictions at the assumed costs. */
  readonly expectedReturn: number | null;
  readonly realisedReturn: number | null;
  readonly figures: readonly ComparedFigure[];
  /** Models that decided and whose manifests are gone: their days count for no expectation of scores. */
  readonly unknownModels: readonly string[];
  readonly expectedEquity: readonly { readonly timeMs: TimeMs; readonly usd: number }[];
}

export interface ExpectationInput {
  readonly records: readonly DecisionRecord[];
  readonly expectedDays: readonly ExpectedDay[];
  /** Time-weighted. */
  readonly equity: readonly (Pick<EquityPoint, 'timeMs'> & { readonly usd: number })[];
  readonly manifests: ReadonlyMap<string, Pick<ModelManifest, 'metrics'>>;
  readonly fills: readonly { readonly fill: Fill; readonly intent: OrderIntent }[];
  readonly assumedSlippageBps: number;
  readonly rng: Rng;
}

/** Pure: everything was read before. */
export function compareWithExpectation(input: ExpectationInput): Expectation {
  const { records, expectedDays, manifests } = input;
  const served = new Set(records.flatMap(({ prediction }) => prediction?.modelId ?? []));
  const { expected, realised } = alignedEquity(input);
  return {
    days: expectedDays.length,
    fromMs: expectedDays[0]?.timeMs ?? 0,
    untilMs: expectedDays.at(-1)?.timeMs ?? 0,
    expectedReturn: overall(expected),
    realisedReturn: overall(realised),
    figures: [returns(expected, realised, input.rng), ...scores(input), slippage(input)],
    unknownModels: [...served].filter((modelId) => !manifests.has(modelId)),
    expectedEquity: expectedDays.map(({ timeMs, equityUsd }) => ({ timeMs, usd: equityUsd })),
  };
}

const overall = (equity: readonly number[]): number | null =>
  equity.length < 2 || !(equity[0]! > 0) ? null : equity.at(-1)! / equity[0]! - 1;

/** Equity of both on the days that both have. */
function alignedEquity({ expectedDays, equity }: ExpectationInput) {
  const times = Float64Array.from(equity, ({ timeMs }) => timeMs);
  const both = expectedDays.flatMap(({ timeMs, equityUsd }) => {
    const at = lastAtOrBefore(times, timeMs);
    return times[at] === timeMs ? [{ expected: equityUsd, realised: equity[at]!.usd }] : [];
  });
  return { expected: both.map((x) => x.expected), realised: both.map((x) => x.realised) };
}

const daily = (equity: readonly number[]): number[] => equity.slice(1).map((usd, i) => usd / equity[i]! - 1);

function returns(expected: readonly number[], realised: readonly number[], rng: Rng): ComparedFigure {
  const pairs = daily(realised).map((value, i) => ({ realised: value, expected: daily(expected)[i]! }));
  return figure('return_per_day', 'the backtest of the same predictions on the same days, at the assumed costs', pairs, rng);
}

const SMALLEST = 1e-15;

/** Hits and log loss of what was said, against the walk-forward scores of the model that said it. */
function scores({ records, expectedDays, manifests, rng }: ExpectationInput): ComparedFigure[] {
  const outcomes = new Map(expectedDays.map(({ timeMs, outcome }) => [timeMs, outcome]));
  const days = records.flatMap(({ decisionTimeMs, prediction }) => {
    const outcome = outcomes.get(decisionTimeMs) ?? null;
    const metrics = prediction && manifests.get(prediction.modelId)?.metrics;
    return prediction && metrics && outcome !== null ? [{ prediction, metrics, outcome }] : [];
  });
  const by = 'the walk-forward scores of the models that decided';
  const hits = days.flatMap(({ prediction, metrics, outcome }) =>
    metrics.accuracy === null ? [] : [{ realised: prediction.classIndex === outcome ? 1 : 0, expected: metrics.accuracy }],
  );
  const losses = days.flatMap(({ prediction, metrics, outcome }) =>
    metrics.logLoss === null
      ? []
      : [{ realised: -Math.log(Math.max(SMALLEST, prediction.probabilities[outcome])), expected: metrics.logLoss }],
  );
  return [figure('hit_rate', by, hits, rng), figure('log_loss', by, losses, rng)];
}

/** What fills cost against the price that their order was sized with; above zero is worse. */
function slippage({ fills, assumedSlippageBps, rng }: ExpectationInput): ComparedFigure {
  const pairs = fills.map(({ fill, intent }) => ({
    realised: 1e4 * (Number(fill.priceUsd) / Number(intent.referencePriceUsd) - 1) * (fill.side === 'buy' ? 1 : -1),
    expected: assumedSlippageBps,
  }));
  return figure('slippage_bps', 'costs.slippageBps, which backtests assume', pairs, rng);
}

const LOWER_IS_BETTER: ReadonlySet<ComparedFigure['name']> = new Set(['log_loss', 'slippage_bps']);

function figure(
  name: ComparedFigure['name'],
  expectedBy: string,
  pairs: readonly { readonly expected: number; readonly realised: number }[],
  rng: Rng,
): ComparedFigure {
  const differences = Float64Array.from(pairs, (pair) => pair.realised - pair.expected);
  const interval = bootstrapInterval(differences, mean, rng);
  const verdict = verdictOf(interval, LOWER_IS_BETTER.has(name));
  const over = (of: 'expected' | 'realised') => (pairs.length === 0 ? null : mean(Float64Array.from(pairs, (pair) => pair[of])));
  return {
    name,
    expectedBy,
    observations: pairs.length,
    expected: over('expected'),
    realised: over('realised'),
    difference: pairs.length === 0 ? null : mean(differences),
    interval,
    verdict,
    text: TEXTS[verdict],
  };
}

const TEXTS: Readonly<Record<ComparedFigure['verdict'], string>> = {
  as_expected: 'no more off than luck explains',
  better: 'better than expected, and by more than luck explains',
  worse: 'worse than expected, and by more than luck explains',
  too_few: 'too few to say',
};

/** A constant difference below this is rounding. */
const NOTHING = 1e-12;

function verdictOf(interval: ComparedFigure['interval'], isLowerBetter: boolean): ComparedFigure['verdict'] {
  if (interval === null) return 'too_few';
  const [low, high] = interval;
  if (low <= NOTHING && high >= -NOTHING) return 'as_expected';
  return low > 0 === isLowerBetter ? 'worse' : 'better';
}
