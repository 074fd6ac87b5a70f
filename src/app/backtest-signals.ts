import { readFile } from 'node:fs/promises';
import { backtestFixedSignals, type FixedSignal, performanceMetrics } from '../backtest/index.ts';
import { ConfigError, createRng, DataError } from '../domain/index.ts';
import { prepareFile } from '../extraction/index.ts';
import type { AppParts } from './app-parts.ts';
import { type CostOverrides, withCosts } from './backtest-command.ts';

export interface SignalsRequest {
  readonly candlesFile: string;
  readonly signalsFile: string;
  readonly costs: CostOverrides;
  /** Whether quantities obey the venue's step and minimum notional. */
  readonly filters: boolean;
}

/** Runs given target exposures over a candle file. Nothing of the data directory is read or written. */
export async function backtestSignals(parts: AppParts, request: SignalsRequest) {
  const started = parts.timer.elapsedMs();
  const config = withCosts(parts.config, request.costs);
  const prepared = await prepareFile(request.candlesFile, parts.clock.nowMs());
  const candles = prepared.find(({ accepted }) => accepted.dataset === 'price_data')?.accepted;
  if (!candles?.numbers.open || !candles.numbers.close) {
    throw new DataError('backtest.no_candles', `${request.candlesFile} holds no candles`, {
      hint: 'A table with time, open, high, low and close is needed.',
    });
  }
  const signals = await readSignals(request.signalsFile);
  const { timeMs } = candles;
  const engineStarted = parts.timer.elapsedMs();
  const run = await backtestFixedSignals({ timeMs, open: candles.numbers.open, close: candles.numbers.close }, signals, {
    capitalUsd: config.capitalUsd,
    ...config.costs,
    useFilters: request.filters,
  });
  const engineMs = parts.timer.elapsedMs() - engineStarted;
  const metrics = performanceMetrics({
    timeMs,
    equityUsd: run.equityCurve,
    feesUsd: Number(run.feesUsd),
    rng: createRng(config.model.seed),
  });
  const { bars, trades, feesUsd, equity } = run;
  return { bars, trades, feesUsd, equity, metrics, engineMs, durationMs: Math.round(parts.timer.elapsedMs() - started) };
}

/** CSV `timeMs,target`, ascending. @throws ConfigError `backtest.signals_missing`; DataError `backtest.bad_signal` */
async function readSignals(file: string): Promise<FixedSignal[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('backtest.signals_missing', `cannot read ${file}`, { hint: 'Check --signals.', cause });
  });
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (header.replaceAll(' ', '') !== 'timeMs,target') throw badSignal(file, 1, header);
  let before = Number.NEGATIVE_INFINITY;
  return lines.map((line, i) => {
    const [timeMs = Number.NaN, target = Number.NaN, ...rest] = line
      .split(',')
      .map((cell) => (cell.trim() === '' ? Number.NaN : Number(cell)));
    const isGood = Number.isInteger(timeMs) && timeMs > before && target >= 0 && target <= 1 && rest.length === 0;
    if (!isGood) throw badSignal(file, i + 2, line);
    before = timeMs;
    return { timeMs, target };
  });
}

const badSignal = (file: string, line: number, text: string): DataError =>
  new DataError('backtest.bad_signal', `${file}:${line}: "${text.slice(0, 60)}" is not a signal`, {
    hint: 'The header is timeMs,target; times are ascending milliseconds, targets shares from 0 to 1.',
  });
