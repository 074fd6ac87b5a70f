import { describe, expect, it } from 'vitest';
import { tuneLines } from './tune-lines.ts';

const result: Parameters<typeof tuneLines>[0] = {
  ...{ simulated: false, study: 'second', file: 'second.ndjson', learner: 'random-forest', trials: 8, finished: 3 },
  ...{ stopped: 'trials', trainedUntilMs: 2, searchedUntilMs: 1, rows: 300, features: 90 },
  best: { trial: 4, value: 1.0512, baseline: 1.0567, params: { trees: 120 } },
  defaults: { value: 1.0534, baseline: 1.0567 },
  importance: { trees: 1 },
  ...{ overfittingProbability: null, sharpe: 0.05, deflatedSharpe: 0.4, searchedTrials: 8, durationMs: 5 },
};

describe('what a search came to, for people', () => {
  it('names the best trial, what mattered, and how to use it', () => {
    expect(tuneLines(result)).toEqual([
      'study second: 8 trials, 3 on every fold',
      'best: trial 4, log loss 1.0512 (class shares 1.0567, shipped settings 1.0534)',
      '  trees: 120, 100 % of the difference',
      'use them once with `ets train --study second`, or always by model.learners in the configuration',
      'probability that the search fitted noise: not known',
      'probability that their Sharpe ratio is above 0, after 8 trials: 40 %',
    ]);
  });

  it('counts the trials of all studies where the Sharpe ratio is deflated by them', () => {
    expect(tuneLines({ ...result, searchedTrials: 32 })[5]).toBe(
      'probability that their Sharpe ratio is above 0, after 32 trials of all studies: 40 %',
    );
  });

  it('says where settings would not have traded, and what is simulated', () => {
    const lines = tuneLines({ ...result, stopped: 'nothing_gained', deflatedSharpe: null, simulated: true });
    expect(lines[0]).toContain('; stopped, as nothing was gained');
    expect(lines.slice(-2)).toEqual(['these settings would not have traded', 'SIMULATED']);
  });
});
