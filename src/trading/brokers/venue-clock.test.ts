import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../domain/index.ts';
import { ManualTimer } from './manual-timer.contract.ts';
import { VenueClock } from './venue-clock.ts';

const START = 1_700_000_000_000;

function start(aheadMs: number) {
  const clock = new ManualClock(START);
  const timer = new ManualTimer();
  /** Answers with the venue's time, as that was after `thereMs`; `backMs` later it is here. */
  const answerAfter = (thereMs: number, backMs: number) => async () => {
    clock.moveTo(clock.nowMs() + thereMs);
    timer.moveBy(thereMs);
    const venueMs = clock.nowMs() + aheadMs;
    clock.moveTo(clock.nowMs() + backMs);
    timer.moveBy(backMs);
    return venueMs;
  };
  return { venueClock: new VenueClock(clock, timer), answerAfter };
}

describe('VenueClock', () => {
  it('puts the time of the venue in the middle of the call', async () => {
    const { venueClock, answerAfter } = start(1_500);
    expect(await venueClock.measure(answerAfter(40, 40))).toBe(1_500);
    expect(venueClock.toOurs(START + 1_500)).toBe(START);
  });

  it('asks again where an answer was slow, and takes the fastest', async () => {
    const { venueClock, answerAfter } = start(1_500);
    const answers = [answerAfter(0, 4_000), answerAfter(100, 100), answerAfter(0, 9_000)];
    expect(await venueClock.measure(() => answers.shift()?.() ?? Promise.reject(new Error('asked too often')))).toBe(1_500);
    expect(answers).toHaveLength(1);
  });

  it('keeps what it measured last where nobody answers', async () => {
    const { venueClock, answerAfter } = start(700);
    await venueClock.measure(answerAfter(1, 1));
    await expect(venueClock.measure(() => Promise.reject(new Error('no answer')))).rejects.toThrow('no answer');
    expect(venueClock.offsetMs).toBe(700);
  });
});
