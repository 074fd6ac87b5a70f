import { type ClosedCandle, DAY_MS, PUBLICATION, type RowBatch, type SeriesInfo, type TimeMs } from '../../domain/index.ts';

/** Closed candles as rows of `price_data`, available when they close. */
export function candleBatch(info: SeriesInfo, source: string, candles: readonly ClosedCandle[]): RowBatch {
  const column = (pick: (candle: ClosedCandle) => number) => Float64Array.from(candles, pick);
  const { availableMs } = PUBLICATION.exchange_candle;
  return {
    ...info,
    source,
    timeMs: column((candle) => candle.openTimeMs),
    endMs: column((candle) => candle.closeTimeMs),
    availableTimeMs: column((candle) => availableMs(candle.openTimeMs, candle.closeTimeMs)),
    numbers: {
      open: column((candle) => candle.open),
      high: column((candle) => candle.high),
      low: column((candle) => candle.low),
      close: column((candle) => candle.close),
      volume: column((candle) => candle.volume),
    },
  };
}

/** Within this time a candle that is missing at the end may still come: sources are late. */
const LATE_MS = 2 * DAY_MS;

/**
 * Up to where candles asked for until `endMs` are complete: the end, but only the last candle where those after it are
 * missing and may still come.
 */
export function candlesCompleteUntil(candles: readonly ClosedCandle[], startMs: TimeMs, endMs: TimeMs, nowMs: TimeMs): TimeMs {
  const givenUntilMs = candles.at(-1)?.closeTimeMs ?? startMs;
  return Math.max(givenUntilMs, Math.min(endMs, nowMs - LATE_MS));
}
