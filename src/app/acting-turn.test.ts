import { describe, expect, it } from 'vitest';
import { ActingTurn } from './acting-turn.ts';

describe('ActingTurn', () => {
  it('lets one act after the other, and goes on after one that failed', async () => {
    const turn = new ActingTurn();
    const done: string[] = [];
    const step = (name: string) => async () => {
      done.push(`${name} begins`);
      await Promise.resolve();
      done.push(`${name} ends`);
    };
    const failing = turn.take(async () => {
      throw new Error('no');
    });
    const both = [turn.take(step('a')), turn.take(step('b'))];
    await expect(failing).rejects.toThrow('no');
    await Promise.all(both);
    expect(done).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    expect(turn.isFree).toBe(true);
  });

  it('lets what is urgent go first and breaks off what the holder waits for, never something urgent', async () => {
    const turn = new ActingTurn();
    const done: string[] = [];
    const waits = (name: string) => () =>
      new Promise<void>((ended) => {
        turn.broken?.addEventListener('abort', () => {
          done.push(name);
          ended();
        });
      });
    const slow = turn.take(waits('slow is broken off'));
    const later = turn.take(async () => void done.push('later'));
    let second: Promise<unknown> | undefined;
    const urgent = turn.takeUrgently(async () => {
      const signal = turn.broken;
      second = turn.takeUrgently(async () => void done.push('second'));
      done.push(`urgent, broken off: ${signal?.aborted}`);
    });
    await slow;
    await urgent;
    await second;
    await later;
    expect(done).toEqual(['slow is broken off', 'urgent, broken off: false', 'second', 'later']);
  });
});
