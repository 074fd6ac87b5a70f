import { type ClosedCandle, PUBLICATION, type RowBatch, type SeriesInfo } from '../../domain/index.ts';

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
