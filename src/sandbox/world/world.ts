import type { TimeMs } from '../../domain/index.ts';
import { Chain } from './chain.ts';
import { uniformAt } from './hash.ts';
import { PricePath, type WorldCandle, type WorldOptions } from './price-path.ts';

/** Hours over which the distance between dollar and tether wanders. */
const BASIS_PERIOD_HOURS = 37;
const BASIS = 51;

/** One simulated market and chain: the same options are the same world. */
export class World {
  readonly options: WorldOptions & { readonly blockSpacingMs: number };
  readonly path: PricePath;
  readonly chain: Chain;

  constructor(options: WorldOptions & { readonly blockSpacingMs: number }) {
    this.options = options;
    this.path = new PricePath(options);
    this.chain = new Chain(this.path, options.seed, options.blockSpacingMs);
  }

  /** USD per USDT at a time: within a few hundredths of a percent of one, changing slowly. */
  dollarPerTether(timeMs: TimeMs): number {
    const at = timeMs / 3_600_000 / BASIS_PERIOD_HOURS;
    const [from, to] = [Math.floor(at), Math.floor(at) + 1].map((knot) => uniformAt(this.options.seed, BASIS, knot) - 0.5) as [
      number,
      number,
    ];
    return 1 + 0.0008 * (from + (to - from) * (at - Math.floor(at)));
  }

  /** Candles in USD: those of the exchange at the basis of their open. */
  dollarCandles(fromMs: TimeMs, toMs: TimeMs, periodMs: number, nowMs: TimeMs): WorldCandle[] {
    return this.path.candles(fromMs, toMs, periodMs, nowMs).map((candle) => {
      const rate = this.dollarPerTether(candle.openTimeMs);
      return {
        ...candle,
        open: candle.open * rate,
        high: candle.high * rate,
        low: candle.low * rate,
        close: candle.close * rate,
      };
    });
  }
}
