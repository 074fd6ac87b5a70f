import type { TimeMs } from './time.ts';

interface Ohlcv {
  readonly openTimeMs: TimeMs;
  readonly closeTimeMs: TimeMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** In `VolumeUnit` of the series it belongs to; NaN where not known. */
  readonly volume: number;
}

/** A candle whose interval is over. Only this kind may enter a feature. `closeTimeMs` is exclusive. */
export interface ClosedCandle extends Ohlcv {
  readonly closed: true;
}

/** A candle still being made; it has its own type so that it cannot be taken for a closed one. */
export interface FormingCandle extends Ohlcv {
  readonly closed: false;
}

export type VolumeUnit = 'eth' | 'usd' | 'unknown';

/** Whether open and close lie within low..high and all four are positive and finite. */
export function isConsistentOhlc(open: number, high: number, low: number, close: number): boolean {
  return low > 0 && Number.isFinite(high) && high >= open && high >= close && high >= low && low <= open && low <= close;
}
