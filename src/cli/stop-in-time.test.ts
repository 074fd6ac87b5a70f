import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stopInTime } from './stop-in-time.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('stopInTime', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('tells the command at %s, and ends it where it does not end', (signal) => {
    const stop = new AbortController();
    const endLate = vi.fn();
    const letGo = stopInTime(stop, endLate);
    vi.advanceTimersByTime(60_000);
    expect([stop.signal.aborted, endLate.mock.calls.length]).toEqual([false, 0]);
    process.emit(signal);
    expect(stop.signal.aborted).toBe(true);
    vi.advanceTimersByTime(8_999);
    expect(endLate).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(endLate).toHaveBeenCalledOnce();
    letGo();
  });

  it('leaves a command alone that has ended', () => {
    const endLate = vi.fn();
    const before = process.listenerCount('SIGTERM');
    const letGo = stopInTime(new AbortController(), endLate);
    process.emit('SIGTERM');
    letGo();
    vi.advanceTimersByTime(60_000);
    expect(endLate).not.toHaveBeenCalled();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
