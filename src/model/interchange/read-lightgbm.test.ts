import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../domain/index.ts';
import { readLightGbm } from './read-lightgbm.ts';

const file = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
/** Four rounds of LightGBM 4.7 on 300 random rows with gaps, and what it predicts for twenty. */
const text = file('lightgbm.txt');
const { rows, probabilities } = JSON.parse(file('lightgbm-predictions.json')) as {
  rows: (number | null)[][];
  probabilities: number[][];
};
const codeOf = (changed: string) => {
  try {
    readLightGbm(changed, 3);
    return 'read';
  } catch (error) {
    if (error instanceof ModelError) return error.code;
    throw error;
  }
};

describe('readLightGbm', () => {
  it('predicts what LightGBM predicts, with values missing too', () => {
    const { boosting, featureNames } = readLightGbm(text, 3);
    expect(featureNames).toEqual(['signal', 'steps', 'other']);
    const data = Float64Array.from(rows.flatMap((row) => row.map((value) => value ?? Number.NaN)));
    const own = boosting.predictProba({ data, rows: rows.length, columns: 3 });
    probabilities.flat().forEach((value, at) => {
      expect(own[at]!).toBeCloseTo(value, 12);
    });
    expect(boosting.featureImportance()[0]).toBeGreaterThan(0.3);
  });

  it('reads trees of one leaf', () => {
    const leaf = (i: number) => `Tree=${i}\nnum_leaves=1\nnum_cat=0\nleaf_value=${i}\nis_linear=0\n`;
    const head = text.slice(0, text.indexOf('Tree=0')).replace(/tree_sizes=.*/, 'tree_sizes=1 1 1');
    const { boosting } = readLightGbm(`${head}${leaf(0)}\n${leaf(1)}\n${leaf(2)}\n\nend of trees`, 3);
    const [a, b, c] = boosting.predictProba({ data: new Float64Array(3), rows: 1, columns: 3 });
    expect(Math.log(b! / a!)).toBeCloseTo(1, 12);
    expect(Math.log(c! / b!)).toBeCloseTo(1, 12);
  });

  it.each([
    ['another objective', text.replace('objective=multiclass num_class:3', 'objective=binary sigmoid:1')],
    ['classes that are not three', text.replace('num_class=3', 'num_class=4')],
    ['a forest', text.replace('objective=', 'average_output\nobjective=')],
    ['categories', text.replace('num_cat=0', 'num_cat=1')],
    ['a split by category', text.replace('decision_type=10 8 10', 'decision_type=1 8 10')],
    ['linear leaves', text.replace('is_linear=0', 'is_linear=1')],
    ['zeros for missing values', text.replace('decision_type=10 8 10', 'decision_type=4 8 10')],
  ])('refuses %s, and says what to train instead', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(codeOf(changed)).toBe('lightgbm.unsupported');
  });

  it.each([
    ['nothing', ''],
    ['another version', text.replace('version=v4', 'version=v9')],
    ['a tree that is missing', text.replace(/Tree=11[\s\S]*?\n\n/, '')],
    ['a circle', text.replace('left_child=1 -1 -2', 'left_child=0 -1 -2')],
    ['a child that is not there', text.replace('left_child=1 -1 -2', 'left_child=9 -1 -2')],
    ['a leaf twice', text.replace('right_child=2 -3 -4', 'right_child=2 -3 -3')],
    ['a column that is not there', text.replace('split_feature=0 0 0', 'split_feature=0 7 0')],
    ['fewer names than columns', text.replace('feature_names=signal steps other', 'feature_names=signal steps')],
    ['no number', text.replace('leaf_value=-1.3', 'leaf_value=nan ')],
  ])('refuses %s', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(codeOf(changed)).toBe('lightgbm.unreadable');
  });

  it('reads or refuses whatever was cut off or changed', () => {
    const edit = fc.tuple(fc.nat(text.length), fc.nat(12), fc.constantFrom('', '0', '-1', '\n', '=', ' ', '1e999', 'Tree=3\n'));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const changed = edits.reduce((now, [at, cut, put]) => now.slice(0, at) + put + now.slice(at + cut), text);
        expect(['read', 'lightgbm.unreadable', 'lightgbm.unsupported']).toContain(codeOf(changed));
        expect(codeOf(text.slice(0, edits[0]![0]))).not.toBe('');
      }),
      { seed: 1, numRuns: 1_500 },
    );
  });
});
