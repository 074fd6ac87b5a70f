import { DAY_MS, type TimeMs } from '../../domain/index.ts';
import { normalAt } from './hash.ts';
import type { PricePath } from './price-path.ts';

const MOOD = 31;

/** Fear & Greed of a UTC day, 0..100: the last two weeks' return, and noise. Published at the day's beginning. */
export function fearGreedOf(path: PricePath, seed: number, dayMs: TimeMs): number {
  const before = Math.max(path.firstMs, dayMs - 14 * DAY_MS);
  const change = Math.log(path.priceAt(dayMs) / path.priceAt(before));
  const value = 50 + 120 * change + 6 * normalAt(seed, MOOD, Math.floor(dayMs / DAY_MS));
  return Math.round(Math.min(97, Math.max(4, value)));
}

/** What the index calls its values. */
export const moodName = (value: number): string =>
  value < 25 ? 'Extreme Fear' : value < 46 ? 'Fear' : value < 55 ? 'Neutral' : value < 76 ? 'Greed' : 'Extreme Greed';
