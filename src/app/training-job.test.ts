import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { DAY_MS, HOUR_MS } from '../domain/index.ts';
import { lastOfKind, trainingJob } from './training-job.ts';

const SUNDAY = Date.UTC(2024, 0, 7, 2);
const job = (...overrides: string[]) => trainingJob(loadConfig({ env: {}, overrides }).schedule);

describe('trainingJob', () => {
  it('is weekly unless told otherwise', () => {
    expect(job().nextAfterMs(SUNDAY - 1)).toBe(SUNDAY);
    expect(job().nextAfterMs(SUNDAY)).toBe(SUNDAY + 7 * DAY_MS);
  });

  it.each([
    ['0 3 1 * *', Date.UTC(2024, 1, 1, 3)],
    ['0 2 * * 0,3', Date.UTC(2024, 0, 10, 2)],
    ['every 12h', Date.UTC(2024, 0, 7, 12)],
  ])('is due as schedule.training.when says: %s', (when, nextMs) => {
    const timed = job(`schedule.training.when=${when}`, 'schedule.retrainLateHours=48');
    expect(timed).toMatchObject({ name: 'training', lateMs: 48 * HOUR_MS });
    expect(timed.nextAfterMs(SUNDAY)).toBe(nextMs);
  });

  it('refuses what is no time', () => {
    expect(() => job('schedule.training.when=61 4 * * *')).toThrow(/neither a cron expression nor an interval/);
  });
});

describe('lastOfKind', () => {
  it('lets one training stand for all that were missed, and one for all that may be made up for', () => {
    const daily = job('schedule.training.when=0 2 * * *', 'schedule.retrainLateHours=48');
    const nowMs = SUNDAY + 10 * DAY_MS + HOUR_MS;
    expect(lastOfKind({ job: daily, dueMs: SUNDAY, isMissed: true }, nowMs).dueMs).toBe(SUNDAY + 8 * DAY_MS);
    expect(lastOfKind({ job: daily, dueMs: SUNDAY + 9 * DAY_MS, isMissed: false }, nowMs).dueMs).toBe(SUNDAY + 10 * DAY_MS);
  });
});
