import { DAY_MS, type SeriesInfo, type TimeMs, toIso } from '../../domain/index.ts';
import type { Finding } from './findings.ts';
import { robustSpread } from './robust-spread.ts';

/** A move is a jump when it is this many robust deviations away from the usual one, and at least `MIN_JUMP`. */
const JUMP_DEVIATIONS = 20;
const MIN_JUMP = 0.1;
/** Fewer moves than this say nothing about what is usual. */
const MIN_MOVES = 20;
/** At most so many moves are sorted to find what is usual. */
const YARDSTICK_MOVES = 8_192;
/** Two price sources of the same bar disagree when their closes differ by more than this share. */
const MAX_PRICE_DIFFERENCE = 0.03;

const warning = (rule: Finding['rule'], timeMs: TimeMs, message: string): Finding => ({
  rule,
  severity: 'warning',
  timeMs,
  message,
});

/** One warning where times go back. The rows are kept: a table sorts them. Newest first is an order too. */
export function checkOrder(timeMs: ArrayLike<number>): Finding[] {
  let back = 0;
  let firstMs = Number.NaN;
  for (let row = 1; row < timeMs.length; row += 1) {
    if (timeMs[row]! >= timeMs[row - 1]!) continue;
    if (back === 0) firstMs = timeMs[row]!;
    back += 1;
  }
  return back === 0 || back === timeMs.length - 1
    ? []
    : [warning('order', firstMs, `${back} rows are older than the row before them, the first at ${toIso(firstMs)}`)];
}

/** Share of the spacing by which a row may come early without hiding a missing one. */
const JITTER = 0.01;

/** Whether a series has no row where nothing happened: events, and hourly sums of them. */
export const isSparse = ({ dataset, periodMs }: Pick<SeriesInfo, 'dataset' | 'periodMs'>): boolean =>
  periodMs === 0 || (dataset === 'whale_data' && periodMs < DAY_MS);

/** Missing rows of a regular series. @param timeMs ascending */
function findGaps(timeMs: ArrayLike<number>, periodMs: number): { fromMs: TimeMs; toMs: TimeMs; rows: number }[] {
  const gaps: { fromMs: TimeMs; toMs: TimeMs; rows: number }[] = [];
  if (periodMs <= 0) return gaps;
  for (let row = 1; row < timeMs.length; row += 1) {
    const rows = Math.floor((timeMs[row]! - timeMs[row - 1]!) / periodMs + JITTER) - 1;
    if (rows > 0) gaps.push({ fromMs: timeMs[row - 1]! + periodMs, toMs: timeMs[row]!, rows });
  }
  return gaps;
}

/** All gaps of a regular series in one warning. @param timeMs ascending */
export function checkGaps(timeMs: ArrayLike<number>, periodMs: number): Finding[] {
  const gaps = findGaps(timeMs, periodMs);
  if (gaps.length === 0) return [];
  const longest = gaps.reduce((worst, gap) => (gap.rows > worst.rows ? gap : worst));
  const rows = gaps.reduce((sum, gap) => sum + gap.rows, 0);
  const count = `${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'}, ${rows} rows missing`;
  return [warning('gap', gaps[0]!.fromMs, `${count}, the longest ${longest.rows} rows from ${toIso(longest.fromMs)}`)];
}

/**
 * Moves of a price from one bar to the next that are far outside of what the series usually does: more than 20 robust
 * deviations of its log returns. @param timeMs ascending @param fromMs judge only bars from here on; earlier ones are the yardstick
 */
export function checkJumps(timeMs: ArrayLike<number>, close: ArrayLike<number>, fromMs = Number.NEGATIVE_INFINITY): Finding[] {
  const moves = new Float64Array(Math.max(0, close.length - 1));
  for (let row = 1; row < close.length; row += 1) moves[row - 1] = Math.log(close[row]! / close[row - 1]!);
  if (moves.length < MIN_MOVES) return [];
  const { centre, scale } = robustSpread(thin(moves));
  const limit = Math.max(MIN_JUMP, JUMP_DEVIATIONS * scale);
  const findings: Finding[] = [];
  for (let row = 1; row < close.length; row += 1) {
    const move = moves[row - 1]!;
    if (timeMs[row]! < fromMs || !(Math.abs(move - centre) > limit)) continue;
    const percent = (Math.expm1(move) * 100).toFixed(1);
    findings.push(
      warning(
        'jump',
        timeMs[row]!,
        `the close moves by ${percent} % at ${toIso(timeMs[row]!)}, usual is ${(scale * 100).toFixed(2)} %`,
      ),
    );
  }
  return findings;
}

/** Of many moves every n-th: what is usual needs no more, and sorting takes its time. */
const thin = (moves: Float64Array) => {
  const stride = Math.ceil(moves.length / YARDSTICK_MOVES);
  return stride <= 1 ? moves : Float64Array.from({ length: Math.floor(moves.length / stride) }, (_, at) => moves[at * stride]!);
};

/** The last row is older than it should be. @param dueMs when the next row should have been known */
export function checkStale(series: string, lastMs: TimeMs, dueMs: TimeMs, nowMs: TimeMs): Finding[] {
  return nowMs <= dueMs
    ? []
    : [warning('stale', lastMs, `${series} has nothing after ${toIso(lastMs)}; more was due by ${toIso(dueMs)}`)];
}

/** Closes of one source by the end of their bar. */
export interface Closes {
  readonly series: string;
  readonly byEnd: ReadonlyMap<TimeMs, number>;
}

/** Bars of the same end whose closes differ by more than 3 % between two sources; one warning for each pair. */
export function checkDisagreement(sources: readonly Closes[]): Finding[] {
  const findings: Finding[] = [];
  for (const [index, one] of sources.entries()) {
    for (const other of sources.slice(index + 1)) {
      let bars = 0;
      let worst = { endMs: 0, difference: 0 };
      for (const [endMs, close] of one.byEnd) {
        const difference = Math.abs((other.byEnd.get(endMs) ?? close) / close - 1);
        if (difference <= MAX_PRICE_DIFFERENCE) continue;
        bars += 1;
        if (difference > worst.difference) worst = { endMs, difference };
      }
      if (bars === 0) continue;
      const percent = (worst.difference * 100).toFixed(1);
      findings.push(
        warning(
          'disagreement',
          worst.endMs,
          `${one.series} and ${other.series} differ by up to ${percent} % on ${bars} bars, most at ${toIso(worst.endMs)}`,
        ),
      );
    }
  }
  return findings;
}
