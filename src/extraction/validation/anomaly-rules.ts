import { DAY_MS, type KnownSeries, lastAtOrBefore, toIsoDay } from '../../domain/index.ts';
import type { Finding } from './findings.ts';
import { robustSpread } from './robust-spread.ts';

/** Values of a day far outside of what they were: so many robust deviations of their logarithm, and at least twofold. */
const DEVIATIONS = 12;
const MIN_RATIO = 2;
/** Fewer values than this say nothing about what is usual. */
const MIN_VALUES = 20;

/** Columns whose level is steady enough that a sudden change says something about the source, not about the market. */
const STEADY: Readonly<Record<string, readonly string[]>> = {
  blockchain_data: ['tx_count', 'block_count', 'gas_limit', 'active_addresses'],
  validator_data: ['active_validators', 'staked_eth'],
};

/** The churn limit lets at most so large a share of the validators come or go in a day, with room for any fork's rules. */
const MAX_DAILY_VALIDATOR_CHANGE = 0.02;

const anomaly = (timeMs: number, message: string): Finding => ({ rule: 'anomaly', severity: 'warning', timeMs, message });

/**
 * Steady columns whose values in a day are far from what they were before. The yardstick is the median and its absolute
 * deviation, which single bad days do not move, so it stays that of the last good days.
 * @param known rows in the order of time, each key once @param from index in `known` of the day's first row
 */
export function checkAnomalies(series: KnownSeries, known: readonly number[], from: number): Finding[] {
  return (STEADY[series.dataset] ?? []).flatMap((column): Finding[] => {
    const values = series.numbers[column];
    if (!values) return [];
    const logs = known.map((row) => Math.log(values[row]!));
    const before = logs.slice(0, from).filter(Number.isFinite);
    if (before.length < MIN_VALUES) return [];
    const { centre, scale } = robustSpread(before);
    const limit = Math.max(Math.log(MIN_RATIO), DEVIATIONS * scale);
    const at = logs.findIndex((log, i) => i >= from && !Number.isNaN(log) && Math.abs(log - centre) > limit);
    if (at < 0) return [];
    const row = known[at]!;
    const usual = Math.exp(centre).toPrecision(4);
    return [anomaly(series.timeMs[row]!, `${series.series}: ${column} is ${values[row]!.toPrecision(4)}, usual is ${usual}`)];
  });
}

/** A count of validators that changes faster from one day to the next than the protocol allows. */
export function checkValidatorContinuity(series: KnownSeries, known: readonly number[], from: number): Finding[] {
  const count = series.numbers.active_validators;
  if (series.dataset !== 'validator_data' || !count) return [];
  for (let i = Math.max(1, from); i < known.length; i += 1) {
    const [before, row] = [known[i - 1]!, known[i]!];
    const days = Math.max(1, (series.timeMs[row]! - series.timeMs[before]!) / DAY_MS);
    const change = count[row]! / count[before]! - 1;
    if (!(Math.abs(change) > MAX_DAILY_VALIDATOR_CHANGE * days)) continue;
    const percent = (change * 100).toFixed(1);
    return [
      anomaly(series.timeMs[row]!, `${series.series}: the validators change by ${percent} % to ${toIsoDay(series.timeMs[row]!)}`),
    ];
  }
  return [];
}

/** Transactions of a day by two sources may differ by so large a share. */
const MAX_COUNT_DIFFERENCE = 0.02;

/** Transactions of one UTC day as a daily report has them, against the sum of a node's 24 hours. */
export function checkTransactions(series: readonly KnownSeries[], dayMs: number, nowMs: number): Finding[] {
  const reports = series.filter(({ dataset, periodMs }) => dataset === 'blockchain_data' && periodMs === DAY_MS);
  const hourly = series.filter(({ dataset, periodMs }) => dataset === 'blockchain_data' && periodMs > 0 && periodMs < DAY_MS);
  return reports.flatMap((report) =>
    hourly.flatMap((node): Finding[] => {
      const reported = sumOfDay(report, dayMs, nowMs);
      const counted = sumOfDay(node, dayMs, nowMs);
      const isComparable = reported.rows === 1 && counted.rows === DAY_MS / node.periodMs;
      if (!isComparable || !(Math.abs(counted.sum / reported.sum - 1) > MAX_COUNT_DIFFERENCE)) return [];
      const message = `${toIsoDay(dayMs)} has ${reported.sum} transactions in ${report.series} and ${counted.sum} in ${node.series}`;
      return [{ rule: 'disagreement', severity: 'warning', timeMs: dayMs, message }];
    }),
  );
}

/** Transactions of the rows that begin in a day, the last revision known at `nowMs` of each. */
function sumOfDay(series: KnownSeries, dayMs: number, nowMs: number): { readonly sum: number; readonly rows: number } {
  const counts = new Map<number, number>();
  const values = series.numbers.tx_count;
  for (
    let row = lastAtOrBefore(series.timeMs, dayMs + DAY_MS - 1);
    values && row >= 0 && series.timeMs[row]! >= dayMs;
    row -= 1
  ) {
    const timeMs = series.timeMs[row]!;
    if (series.knownFromMs[row]! <= nowMs && !counts.has(timeMs)) counts.set(timeMs, values[row]!);
  }
  return { sum: [...counts.values()].reduce((total, count) => total + count, 0), rows: counts.size };
}
