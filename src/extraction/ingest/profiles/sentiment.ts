import { DAY_MS } from '../../../domain/index.ts';
import type { KnownProfile } from './profile.ts';

/** Crypto Fear & Greed index of alternative.me, as CSV and as its API answers. */
const fearGreedDaily: KnownProfile = {
  name: 'fear and greed daily',
  needs: ['value', 'value_classification'],
  time: ['timestamp', 'date'],
  interval: DAY_MS,
  targets: [
    {
      dataset: 'sentiment_data',
      source: 'alternative_me',
      subject: 'fear_greed',
      publication: 'fear_greed',
      required: ['fear_greed'],
      columns: [{ from: 'value', to: 'fear_greed' }],
    },
  ],
  ignored: { value_classification: 'it follows from the value', time_until_update: 'it is about the moment of the request' },
};

export const SENTIMENT_PROFILES: readonly KnownProfile[] = [fearGreedDaily];
