import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/index.ts';
import { describeParser } from '../parser.contract.ts';
import { hasRecordedReplies, readRecorded } from '../recorded-replies.fixture.ts';
import { type FearGreedDay, parseFearGreed } from './parse-fear-greed.ts';

const DAY = Date.UTC(2024, 0, 5);
const reply = {
  name: 'Fear and Greed Index',
  data: [
    { value: '71', value_classification: 'Greed', timestamp: String(DAY / 1_000), time_until_update: '5' },
    { value: '68', value_classification: 'Greed', timestamp: String((DAY - DAY_MS) / 1_000) },
  ],
  metadata: { error: null },
};
const check = (days: readonly FearGreedDay[]) => {
  for (const { dayMs, value } of days) {
    expect(dayMs % DAY_MS).toBe(0);
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(100);
  }
};

describe('parseFearGreed', () => {
  it('gives days ascending', () => {
    expect(parseFearGreed(reply)).toEqual([
      { dayMs: DAY - DAY_MS, value: 68 },
      { dayMs: DAY, value: 71 },
    ]);
  });

  it('tells an error inside a reply with status 200', () => {
    const body = { ...reply, metadata: { error: 'limit is wrong' } };
    expect(() => parseFearGreed(body)).toThrow(expect.objectContaining({ code: 'fear_greed.refused' }));
  });
});

describeParser({ name: 'parseFearGreed', parse: parseFearGreed, reply, check });

describe.skipIf(!hasRecordedReplies)('recorded Fear & Greed reply (skipped where it is absent)', () => {
  it('is read whole', () => {
    const days = parseFearGreed({ data: readRecorded('alternative_me/fng_data_array.json'), metadata: { error: null } });
    expect(days).toHaveLength(10);
    expect(days.at(-1)).toEqual({ dayMs: 1780704000000, value: 12 });
  });
});
