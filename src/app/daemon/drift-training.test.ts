import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/index.ts';
import { asksForTraining } from './drift-training.ts';

describe('asksForTraining', () => {
  it('waits for drift that asks for action, and for the pause after the last training', () => {
    const nowMs = 100 * DAY_MS;
    expect(asksForTraining('act', nowMs - 3 * DAY_MS, nowMs, 3)).toBe(true);
    expect(asksForTraining('act', nowMs - 3 * DAY_MS + 1, nowMs, 3)).toBe(false);
    for (const level of ['ok', 'watch', undefined] as const) expect(asksForTraining(level, 0, nowMs, 3)).toBe(false);
    expect(asksForTraining('act', 0, nowMs, null)).toBe(false);
  });
});
