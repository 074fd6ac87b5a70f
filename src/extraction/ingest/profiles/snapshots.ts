import type { KnownProfile } from './profile.ts';

const columns = [
  { from: 'price', to: 'close' },
  { from: 'total_volume', to: 'volume' },
  { from: 'market_cap', to: 'market_cap_usd', zeroIsUnknown: true },
];

/**
 * CoinGecko prices: moments, not candles, so only `close` is known. A row's value stands at its end: at 00:00 of its day
 * since 2018-02, at the next midnight before. A market capitalisation of 0 means that there is none yet.
 */
const coingecko = (name: string, time: string): KnownProfile => ({
  name,
  needs: [time, 'price', 'market_cap', 'total_volume'],
  time: [time],
  interval: 'inferred',
  snapToGrid: true,
  targets: [
    {
      dataset: 'price_data',
      source: 'coingecko',
      subject: 'ethereum',
      publication: 'coingecko_daily',
      volumeUnit: 'usd',
      quote: 'USD',
      required: ['close'],
      snapshot: true,
      columns,
    },
  ],
});

export const SNAPSHOT_PROFILES: readonly KnownProfile[] = [
  coingecko('coingecko daily', 'date'),
  coingecko('coingecko market chart', 'snapped_at'),
];
