import { describe, expect, it } from 'vitest';
import { createRng } from '../domain/index.ts';
import { compareForDeployment, type GatePolicy } from './deployment-gate.ts';
import type { ComparedDay } from './gate-verdict.ts';

const bounds = {
  maxCalibrationError: 1,
  maxExcessLoss: 10,
  returnMargin: 10,
  confidenceThreshold: 0.45,
  costOfChange: 0.001,
  maxDataAgeDays: 4,
  maxSearchOverfitting: 0.5,
};
const fresh = { dataAgeDays: 1 };
const policy: GatePolicy = {
  mode: 'statistical',
  minimumDays: 30,
  confidence: 0.9,
  refreshAfterDays: 28,
  refreshMargin: 0.01,
  bounds,
};
type Row = ComparedDay['candidate'];
const EVEN: Row = [1 / 3, 1 / 3, 1 / 3];
const rest = { shares: EVEN, forwardReturn: 0 };
const told = (label: number, share: number): Row =>
  [0, 1, 2].map((k) => (k === label ? share : (1 - share) / 2)) as unknown as Row;

/** Days on which each model names the truth with its own share of the probability. */
function days(count: number, candidate: number, incumbent: number, seed = 1): ComparedDay[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const label = Math.floor(rng() * 3) as 0 | 1 | 2;
    return { label, candidate: told(label, candidate), incumbent: told(label, incumbent), ...rest };
  });
}
const verdict = (compared: readonly ComparedDay[], ageDays = 1, changed: Partial<GatePolicy> = {}) =>
  compareForDeployment(compared, ageDays, fresh, { ...policy, ...changed }, createRng(1));

describe('the deployment gate', () => {
  it('waits for enough days, however good the candidate', () => {
    expect(verdict(days(29, 0.9, 0.1))).toMatchObject({
      decision: 'kept',
      reason: 'too_few_days',
      checks: [{ name: 'logged_days', passed: false, value: 29, limit: 30 }],
    });
  });

  it('promotes what is better every day, and never the other way round', () => {
    expect(verdict(days(30, 0.5, 0.4))).toMatchObject({ decision: 'promoted', reason: 'better' });
    expect(verdict(days(30, 0.4, 0.5))).toMatchObject({ decision: 'kept', reason: 'not_better' });
  });

  it('does not take luck for a gain: a mean above zero whose bound is below keeps the incumbent', () => {
    const rng = createRng(8);
    const noisy = Array.from({ length: 60 }, (_, i): ComparedDay => {
      const label = Math.floor(rng() * 3) as 0 | 1 | 2;
      return { label, candidate: told(label, i % 2 === 0 ? 0.51 : 0.22), incumbent: EVEN, ...rest };
    });
    const { decision, checks } = verdict(noisy);
    expect(decision).toBe('kept');
    expect(checks.find(({ name }) => name === 'log_loss_gain_lower_bound')).toMatchObject({ passed: false, limit: 0 });
  });

  it('promotes one that is no better in about the tenth of cases that its confidence allows', () => {
    let promoted = 0;
    for (let seed = 0; seed < 200; seed++) {
      const rng = createRng(seed, 3);
      const equal = Array.from({ length: 90 }, (): ComparedDay => {
        const label = Math.floor(rng() * 3) as 0 | 1 | 2;
        const share = () => 0.2 + 0.27 * rng();
        return { label, candidate: told(label, share()), incumbent: told(label, share()), ...rest };
      });
      if (compareForDeployment(equal, 1, fresh, policy, createRng(seed)).decision === 'promoted') promoted += 1;
    }
    expect(promoted).toBeLessThanOrEqual(33);
  });

  it('replaces an incumbent older than the limit by one that is not worse by more than the margin', () => {
    expect(verdict(days(40, 0.4, 0.4), 29)).toMatchObject({ decision: 'promoted', reason: 'refreshed' });
    expect(verdict(days(40, 0.4, 0.4), 28)).toMatchObject({ decision: 'kept', reason: 'not_better' });
    expect(verdict(days(40, 0.397, 0.4), 29)).toMatchObject({ reason: 'refreshed' });
    expect(verdict(days(40, 0.39, 0.4), 29)).toMatchObject({ decision: 'kept', reason: 'not_better' });
  });

  it("goes by accuracy alone in the owner's mode, and wants more of it, not as much", () => {
    const accuracy = { mode: 'accuracy' } as const;
    expect(verdict(days(30, 0.34, 0.32), 1, accuracy)).toMatchObject({ decision: 'promoted', reason: 'better' });
    expect(verdict(days(30, 0.9, 0.4), 1, accuracy)).toMatchObject({ decision: 'kept', reason: 'not_better' });
  });

  it.each([
    ['calibration_error', days(60, 0.9, 0.4), { maxCalibrationError: 0.05 }, fresh],
    ['log_loss_above_class_shares', days(60, 0.2, 0.1), { maxExcessLoss: 0.02 }, fresh],
    ['data_age_days', days(60, 0.5, 0.4), {}, { dataAgeDays: 5 }],
    ['search_overfitting', days(60, 0.5, 0.4), {}, { dataAgeDays: 1, searchOverfitting: 0.6 }],
    [
      'net_return_shortfall',
      days(60, 0.5, 0.4).map((day) => ({ ...day, forwardReturn: day.label === 0 ? -0.02 : 0.02 })),
      { returnMargin: 0.05 },
      fresh,
    ],
  ])(
    'keeps the incumbent where a better candidate is out of bounds by %s, in the statistical mode',
    (name, compared, tight, facts) => {
      const judged = (mode: GatePolicy['mode']) =>
        compareForDeployment(compared, 1, facts, { ...policy, mode, bounds: { ...bounds, ...tight } }, createRng(1));
      const { decision, reason, checks } = judged('statistical');
      expect([decision, reason]).toEqual(['kept', 'out_of_bounds']);
      expect(checks.filter(({ passed }) => !passed).map((check) => check.name)).toEqual([name]);
      expect(judged('accuracy').checks.some((check) => check.name === name)).toBe(false);
      const wide = compareForDeployment(compared, 1, fresh, policy, createRng(1));
      expect(wide.decision).toBe('promoted');
    },
  );

  it('takes a probability of 0 for 1e-15: its numbers stay finite, whoever ruled out what happened', () => {
    const ruledOut = (label: number): Row => told(label, 0);
    const floor = Math.log(1e-15);
    for (const [who, other] of [
      ['candidate', 'incumbent'],
      ['incumbent', 'candidate'],
    ] as const) {
      const compared = days(40, 0.4, 0.4).map((day, i) => (i % 4 === 0 ? { ...day, [who]: ruledOut(day.label) } : day));
      const { decision, checks } = verdict(compared);
      for (const { name, value } of checks) expect(Number.isFinite(value), name).toBe(true);
      expect([other, decision]).toEqual([other, who === 'incumbent' ? 'promoted' : 'kept']);
    }
    const always = days(40, 0.4, 0.4).map((day) => ({ ...day, incumbent: ruledOut(day.label) }));
    const bound = verdict(always).checks.find(({ name }) => name === 'log_loss_gain_lower_bound');
    expect(bound?.value).toBeCloseTo(Math.log(0.4) - floor, 9);
    const both = always.map((day) => ({ ...day, candidate: ruledOut(day.label) }));
    expect(verdict(both).checks.find(({ name }) => name === 'log_loss_gain_lower_bound')?.value).toBe(0);
  });

  it('leaves out the calibration error where it is told that the days are too few for it', () => {
    const compared = days(30, 0.9, 0.4);
    const judged = (maxCalibrationError: number | null) => verdict(compared, 1, { bounds: { ...bounds, maxCalibrationError } });
    expect(judged(0.05)).toMatchObject({ decision: 'kept', reason: 'out_of_bounds' });
    expect(judged(null)).toMatchObject({ decision: 'promoted', reason: 'better' });
    expect(judged(null).checks.map(({ name }) => name)).not.toContain('calibration_error');
  });

  it('gives the same verdict for the same days and seed', () => {
    expect(verdict(days(60, 0.41, 0.4))).toEqual(verdict(days(60, 0.41, 0.4)));
  });
});
