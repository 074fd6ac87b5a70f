import { HOUR_MS, MINUTE_MS, type TimeMs } from '../../domain/index.ts';
import { normalAt, uniformAt } from './hash.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly startMs: TimeMs;
  /** Share of the variance of the return from 23:00 to 23:00 that the chain activity of the day before explains. */
  readonly edge: number;
  readonly historyYears: number;
}

/** A candle of the simulated market. Volume in ETH. */
export interface WorldCandle {
  readonly openTimeMs: TimeMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

const HOURS = 24;
const MINUTES = 60;
const START_PRICE = 2_281;
/** Streams of the hash, so that draws for different things are independent. */
const [SIGNAL, REGIME, SHOCK, HOUR, TAIL, MINUTE, SPREAD, VOLUME] = [1, 2, 3, 4, 5, 6, 7, 8];
const SIGNAL_MEMORY = 0.3;

/** Calm, normal and wild markets: daily volatility, daily drift, chance a day of leaving. */
const REGIMES = [
  { volatility: 0.02, drift: 0.0005, leave: 0.02 },
  { volatility: 0.035, drift: 0.001, leave: 0.015 },
  { volatility: 0.06, drift: -0.002, leave: 0.04 },
] as const;

interface SimulatedDay {
  /** What the chain shows during the day before, standard normal. */
  readonly signal: number;
  /** Log price at the opens of the 24 hours and at the end. */
  readonly logOpens: Float64Array;
  readonly volatility: number;
  readonly regime: number;
}

/**
 * The simulated price: regimes, clustered volatility, fat tails. A day runs from 23:00 to 23:00 and its log return is
 * volatility x (sqrt(edge) x signal + sqrt(1 - edge) x noise), so `edge` is the share that the signal explains. Made day
 * by day as far as it is asked for; the same options give the same path whatever the order of questions.
 */
export class PricePath {
  readonly firstMs: TimeMs;
  readonly #options: WorldOptions;
  readonly #days: SimulatedDay[] = [];
  readonly #minutes = new Map<number, Float64Array>();
  readonly #candles = new Map<number, WorldCandle>();
  #scale = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    const start = new Date(options.startMs);
    start.setUTCFullYear(start.getUTCFullYear() - options.historyYears);
    const midnight = Math.floor(start.getTime() / 86_400_000) * 86_400_000;
    this.firstMs = midnight - HOUR_MS;
    this.#scale = Math.log(START_PRICE) - this.#logOpen(Math.floor((options.startMs - this.firstMs) / HOUR_MS));
  }

  /** What the chain shows during the day that holds `timeMs`: the signal of the next simulated day. */
  signalShownAt(timeMs: TimeMs): number {
    return this.#day(Math.floor((timeMs - this.firstMs) / (HOURS * HOUR_MS)) + 1).signal;
  }

  /** Daily volatility of the simulated day that holds `timeMs`. */
  volatilityAt(timeMs: TimeMs): number {
    return this.#day(Math.max(0, Math.floor((timeMs - this.firstMs) / (HOURS * HOUR_MS)))).volatility;
  }

  /** USDT per ETH at any millisecond. */
  priceAt(timeMs: TimeMs): number {
    const hour = Math.floor((timeMs - this.firstMs) / HOUR_MS);
    const path = this.#minutePath(hour);
    const minute = (timeMs - this.firstMs - hour * HOUR_MS) / MINUTE_MS;
    const at = Math.floor(minute);
    return Math.exp(path[at]! + (path[at + 1]! - path[at]!) * (minute - at));
  }

  /** Closed and forming candles of [fromMs, toMs), nothing later than `nowMs`; finer than an hour from the minutes. */
  candles(fromMs: TimeMs, toMs: TimeMs, periodMs: number, nowMs: TimeMs): WorldCandle[] {
    const made: WorldCandle[] = [];
    const first = Math.max(Math.ceil(fromMs / periodMs) * periodMs, Math.ceil(this.firstMs / periodMs) * periodMs);
    for (let openTimeMs = first; openTimeMs < toMs && openTimeMs < nowMs; openTimeMs += periodMs) {
      made.push(this.#candle(openTimeMs, Math.min(openTimeMs + periodMs, nowMs)));
    }
    return made;
  }

  #candle(openTimeMs: TimeMs, endMs: TimeMs): WorldCandle {
    const parts: WorldCandle[] = [];
    for (let at = openTimeMs; at < endMs; ) {
      const isWholeHour = at % HOUR_MS === 0 && at + HOUR_MS <= endMs;
      parts.push(isWholeHour ? this.#hourCandle(at) : this.#minuteCandle(at, Math.min(MINUTE_MS, endMs - at)));
      at += isWholeHour ? HOUR_MS : MINUTE_MS;
    }
    return merge(openTimeMs, parts);
  }

  #hourCandle(openTimeMs: TimeMs): WorldCandle {
    const hour = (openTimeMs - this.firstMs) / HOUR_MS;
    const known = this.#candles.get(hour);
    if (known) return known;
    const minutes = Array.from({ length: MINUTES }, (_, i) => this.#minuteCandle(openTimeMs + i * MINUTE_MS, MINUTE_MS));
    const candle = merge(openTimeMs, minutes);
    this.#candles.set(hour, candle);
    return candle;
  }

  /** The first `lengthMs` of a minute. A whole one has wicks; a piece only what the price did so far. */
  #minuteCandle(openTimeMs: TimeMs, lengthMs: number): WorldCandle {
    const { seed } = this.#options;
    const minute = (openTimeMs - this.firstMs) / MINUTE_MS;
    const open = round(this.priceAt(openTimeMs));
    const close = round(this.priceAt(openTimeMs + lengthMs));
    const wick = lengthMs < MINUTE_MS ? 0 : 0.0002 * uniformAt(seed, SPREAD, minute);
    const move = Math.abs(close / open - 1);
    const volume = round((2 + 4_000 * move) * (0.5 + uniformAt(seed, VOLUME, minute)) * 6 * (lengthMs / MINUTE_MS), 4);
    return {
      openTimeMs,
      open,
      close,
      high: round(Math.max(open, close) * (1 + wick)),
      low: round(Math.min(open, close) * (1 - wick)),
      volume,
    };
  }

  /** Log prices at the 61 minute marks of an hour: a bridge between its open and the next hour's. */
  #minutePath(hour: number): Float64Array {
    const known = this.#minutes.get(hour);
    if (known) return known;
    const { seed } = this.#options;
    const from = this.#logOpen(hour) + this.#scale;
    const to = this.#logOpen(hour + 1) + this.#scale;
    const step = this.#day(Math.floor(hour / HOURS)).volatility / Math.sqrt(HOURS * MINUTES);
    const walk = new Float64Array(MINUTES + 1);
    for (let i = 1; i <= MINUTES; i++) walk[i] = walk[i - 1]! + step * normalAt(seed, MINUTE, hour, i);
    const drift = to - from - walk[MINUTES]!;
    for (let i = 0; i <= MINUTES; i++) walk[i] = from + walk[i]! + (drift * i) / MINUTES;
    if (this.#minutes.size > KEPT_HOURS) this.#minutes.clear();
    this.#minutes.set(hour, walk);
    return walk;
  }

  #logOpen(hour: number): number {
    return this.#day(Math.floor(hour / HOURS)).logOpens[hour % HOURS]!;
  }

  #day(index: number): SimulatedDay {
    for (let i = this.#days.length; i <= index; i++) this.#days.push(this.#makeDay(i));
    return this.#days[index]!;
  }

  #makeDay(index: number): SimulatedDay {
    const { seed, edge } = this.#options;
    const before = this.#days[index - 1];
    const innovation = normalAt(seed, SIGNAL, index);
    const signal = before ? SIGNAL_MEMORY * before.signal + Math.sqrt(1 - SIGNAL_MEMORY ** 2) * innovation : innovation;
    const stays = before && uniformAt(seed, REGIME, index) >= REGIMES[before.regime]!.leave;
    const regime = stays ? before.regime : Math.floor(uniformAt(seed, REGIME, index, 1) * REGIMES.length);
    const { volatility: target, drift } = REGIMES[regime]!;
    const lastReturn = before ? before.logOpens[HOURS]! - before.logOpens[0]! : target;
    const variance = before ? 0.12 * target ** 2 + 0.8 * before.volatility ** 2 + 0.08 * lastReturn ** 2 : target ** 2;
    const volatility = Math.min(0.12, Math.max(0.008, Math.sqrt(variance) * Math.exp(0.05 * normalAt(seed, SHOCK, index))));
    const logOpens = new Float64Array(HOURS + 1);
    logOpens[0] = before?.logOpens[HOURS] ?? 0;
    for (let hour = 0; hour < HOURS; hour++) {
      const noise = fatTailed(seed, index * HOURS + hour) / Math.sqrt(HOURS);
      const change = volatility * (Math.sqrt(1 - edge) * noise + (Math.sqrt(edge) * signal) / HOURS);
      logOpens[hour + 1] = logOpens[hour]! + change + (drift - volatility ** 2 / 2) / HOURS;
    }
    return { signal, logOpens, volatility, regime };
  }
}

/** Whole hours of minute paths kept in memory. */
const KEPT_HOURS = 4_000;

/** Unit variance with the tails of a mixture: one hour in twenty moves three times as far. */
function fatTailed(seed: number, hour: number): number {
  const isWild = uniformAt(seed, TAIL, hour) < 0.05;
  return (normalAt(seed, HOUR, hour) * (isWild ? 3 : 1)) / Math.sqrt(0.95 + 0.05 * 9);
}

function merge(openTimeMs: TimeMs, parts: readonly WorldCandle[]): WorldCandle {
  let high = 0;
  let low = Number.POSITIVE_INFINITY;
  let volume = 0;
  for (const part of parts) {
    high = Math.max(high, part.high);
    low = Math.min(low, part.low);
    volume += part.volume;
  }
  return { openTimeMs, open: parts[0]!.open, high, low, close: parts.at(-1)!.close, volume: round(volume, 4) };
}

function round(value: number, places = 2): number {
  const factor = 10 ** places;
  return Math.round(value * factor) / factor;
}
