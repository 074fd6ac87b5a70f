import { describe, expect, it } from 'vitest';
import { BUY, createRng, normal, SELL } from '../domain/index.ts';
import { buildEnsemble, ensembleSpecs, type Procedure, procedureHash } from './ensemble-builder.ts';

const procedure: Procedure = { trees: 30, folds: 3, purgeRows: 1, seed: 1 };
const NAMES = ['signal', 'other'];

/** BUY where the signal is high, with a swing that a tree left alone follows down as well. */
function swing(rows: number) {
  const rng = createRng(4);
  const data = Float64Array.from({ length: 2 * rows }, () => normal(rng));
  const y = Uint8Array.from({ length: rows }, (_, row) => {
    const score = data[2 * row]! + 1.5 * Math.sin(4 * data[2 * row]!) + 0.3 * normal(rng);
    return score > 0.6 ? 0 : score < -0.6 ? 1 : 2;
  });
  return { X: { data, rows, columns: 2 }, y };
}

describe('monotone features of the ensemble', () => {
  const { X, y } = swing(300);
  const rising = { data: Float64Array.from({ length: 160 }, (_, at) => (at % 2 === 0 ? -2 + at / 40 : 0)), rows: 80, columns: 2 };
  const falls = async (monotone: Procedure['monotone'], label: number) => {
    const { boosting } = (await buildEnsemble({ ...procedure, monotone }, NAMES, 1).fit(X, y)).predictBases(rising);
    const along = boosting!.filter((_, at) => at % 3 === label);
    return along.slice(1).filter((value, i) => value < along[i]! - 1e-12).length;
  };

  it('let the boosted probability of the favoured class only rise with the feature', async () => {
    expect(await falls(undefined, BUY)).toBeGreaterThan(0);
    expect(await falls({ signal: 'buy' }, BUY)).toBe(0);
    expect(await falls({ signal: 'sell' }, SELL)).toBe(0);
  });

  it('make another procedure, and are passed over where the window has no such column', async () => {
    expect(procedureHash({ ...procedure, monotone: { signal: 'buy' } })).not.toBe(procedureHash(procedure));
    const bytesOf = async (monotone: Procedure['monotone']) =>
      (await buildEnsemble({ ...procedure, monotone }, NAMES, 1).fit(X, y)).toBytes();
    expect(await bytesOf({ absent: 'buy' })).toEqual(await bytesOf(undefined));
  });
});

describe('boosting of the ensemble', () => {
  const specOf = (learners: Procedure['learners']) =>
    ensembleSpecs({ ...procedure, purgeRows: 3, learners }, NAMES).base.boosting;

  it('stops early where that is configured, on rows whose labels reach into none that is learnt from', () => {
    expect(specOf(undefined)).toMatchObject({ growth: { earlyStopping: null } });
    expect(specOf({ 'gradient-boosted-trees': { earlyStoppingRounds: 10 } })).toMatchObject({
      growth: { rounds: 30, earlyStopping: { rounds: 10, share: 0.2, purge: 3 } },
    });
  });
});
