import { expect, it } from 'vitest';
import { PhaseTimes } from './phase-times.ts';

it('gives each part the time since the one before ended', () => {
  let elapsedMs = 100;
  const phases = new PhaseTimes({ elapsedMs: () => elapsedMs });
  elapsedMs = 350.4;
  phases.end('fetch');
  elapsedMs = 351;
  phases.end('look');
  expect(Object.entries(phases.ms)).toEqual([
    ['fetch', 250],
    ['look', 1],
  ]);
});
