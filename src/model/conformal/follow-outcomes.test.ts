import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, DAY_MS } from '../../domain/index.ts';
import { adaptiveFromScores, adaptiveSet, adaptiveSets, type FollowedDay, followOutcomes, observeOutcome } from './index.ts';

const HOUR_MS = DAY_MS / 24;
const coverage = 0.9;

/** Days of an overconfident or, below 0, misleading model; outcomes known a day and five minutes after the decision. */
function days(count: number, sharpnessAt: (day: number) => number, seed: number): FollowedDay[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, (_, day) => {
    const raw = Array.from({ length: 3 }, () => -Math.log(1 - rng()));
    const total = raw.reduce((sum, value) => sum + value, 0);
    const truth = raw.map((value) => (value / total) ** sharpnessAt(day));
    let left = rng() * truth.reduce((sum, value) => sum + value, 0);
    const label = truth.findIndex((value) => {
      left -= value;
      return left < 0;
    });
    return {
      timeMs: day * DAY_MS,
      knownMs: (day + 1) * DAY_MS + HOUR_MS / 12,
      probabilities: Float64Array.from(raw, (value) => value / total),
      label: Math.max(0, label),
    };
  });
}
const start = adaptiveFromScores(new Float64Array(0), { coverage });

describe('adaptive sets over days', () => {
  it.each([1, 2, 3, 4, 5])('cover within three points of nominal while the model turns bad, seed %d', (seed) => {
    const drifting = days(2_000, (day) => 4 - 5 * Math.min(1, day / 1_000), seed);
    const given = adaptiveSets(start, drifting);
    const share = given.filter((set, i) => set.includes(drifting[i]!.label)).length / drifting.length;
    expect(Math.abs(share - coverage)).toBeLessThan(0.03);
    const late = given.slice(1_000).filter((set, i) => set.includes(drifting[1_000 + i]!.label)).length / 1_000;
    expect(Math.abs(late - coverage)).toBeLessThan(0.03);
  });

  it('use no outcome before it is known: changing it changes no set until then', () => {
    fc.assert(
      fc.property(fc.nat(119), fc.integer({ min: 1, max: 2 }), (at, turn) => {
        const plain = days(140, () => 1, 9);
        const changed = plain.map((day, i) => (i === at ? { ...day, label: (day.label + turn) % 3 } : day));
        const [before, after] = [adaptiveSets(start, plain), adaptiveSets(start, changed)];
        expect(after.slice(0, at + 2)).toEqual(before.slice(0, at + 2));
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('take up the outcome of a day at the first decision at which it is known', () => {
    const sure = (day: number, label: number): FollowedDay => ({
      timeMs: day * DAY_MS,
      knownMs: (day + 1) * DAY_MS + 1,
      probabilities: Float64Array.of(0.8, 0.15, 0.05),
      label,
    });
    const narrow = adaptiveFromScores(new Float64Array(20).fill(0.2), { coverage, rate: 0.5 });
    expect(adaptiveSets(narrow, [sure(0, 2), sure(1, 0), sure(2, 0)])).toEqual([[0], [0], [0, 1, 2]]);
    const sooner = { ...sure(0, 2), knownMs: DAY_MS };
    expect(adaptiveSets(narrow, [sooner, sure(1, 0)])).toEqual([[0], [0, 1, 2]]);
  });
});

describe('followOutcomes', () => {
  it('comes to the state that observing one outcome after the other comes to', () => {
    const served = days(60, () => 2, 4).map(({ probabilities, label }, i) => ({ probabilities, label, given: [i % 3] }));
    const from = adaptiveFromScores(Float64Array.of(0.3, 0.4), { coverage, window: 20 });
    const one = served.reduce(
      (state, { probabilities, label, given }) => observeOutcome(state, probabilities, label, given),
      from,
    );
    const all = followOutcomes(from, served);
    expect([...all.scores]).toEqual([...one.scores]);
    expect(all.missRate).toBeCloseTo(one.missRate, 12);
    const cut = followOutcomes(followOutcomes(from, served.slice(0, 23)), served.slice(23));
    expect([...cut.scores]).toEqual([...all.scores]);
    expect(cut.missRate).toBeCloseTo(all.missRate, 12);
  });

  it('counts the set that was given, and none where none was', () => {
    const probabilities = [0.5, 0.3, 0.2] as const;
    const afterOne = (given: readonly number[] | undefined) => followOutcomes(start, [{ probabilities, label: 1, given }]);
    expect(afterOne([0, 1]).missRate).toBeCloseTo(0.1 + 0.02 * 0.1, 12);
    expect(afterOne([0]).missRate).toBeCloseTo(0.1 + 0.02 * (0.1 - 1), 12);
    expect(afterOne(undefined).missRate).toBe(start.missRate);
    expect([...afterOne(undefined).scores]).toEqual([0.7]);
    expect(adaptiveSet(afterOne([0]), probabilities)).toEqual([0, 1, 2]);
  });
});
