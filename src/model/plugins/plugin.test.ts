import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRng, normal } from '../../domain/index.ts';
import { buildEnsemble } from '../ensemble-builder.ts';
import { decodeFitted } from '../learners/decode-fitted.ts';
import { describeLearner } from '../learners/learner.contract.ts';
import { loadPlugin, pluginOf } from './learner-plugin.ts';
import { PluginLearner } from './plugin-learner.ts';

const example = fileURLToPath(new URL('../../../examples/nearest-centroid.mjs', import.meta.url));
const ref = await loadPlugin('nearest-centroid', example);

describeLearner('the example of a plug-in', () => new PluginLearner(ref, { sharpness: 1 }), { weighsColumns: false });

describe('plug-ins', () => {
  const rng = createRng(1);
  const X = { data: Float64Array.from({ length: 360 }, () => normal(rng)), rows: 120, columns: 3 };
  const y = Uint8Array.from({ length: 120 }, (_, row) => (X.data[row * 3]! > 0.4 ? 0 : X.data[row * 3]! < -0.4 ? 1 : 2));
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ets-plugin-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function module(name: string, text: string) {
    const path = join(folder, `${name}.mjs`);
    await writeFile(path, text);
    return loadPlugin(name, path);
  }

  it('learn beside the others in an ensemble, on worker threads too, to the same bytes', async () => {
    const procedure = { trees: 10, folds: 2, purgeRows: 1, seed: 1, plugins: [{ ref, settings: {} }] };
    const fitOn = async (threads: number) => buildEnsemble(procedure, ['a', 'b', 'c'], threads).fit(X, y);
    const [one, two] = [await fitOn(1), await fitOn(2)];
    expect(one.names).toEqual(['boosting', 'forest', 'extraTrees', 'linear', 'nearest-centroid']);
    expect(Buffer.compare(one.toBytes(), two.toBytes())).toBe(0);
    expect(decodeFitted(one.toBytes()).predictProba(X)).toEqual(one.predictProba(X));
  });

  it('are told apart by their text', async () => {
    const text = (say: string) =>
      `export const fit = () => new Uint8Array(1); export const load = () => ({ rows }) => new Float64Array(3 * rows).fill(${say});`;
    const first = await module('thirds', text('1 / 3'));
    const bytes = (await new PluginLearner(first).fit(X, y)).toBytes();
    await module('thirds', text('0.5'));
    expect(() => decodeFitted(bytes)).toThrow(expect.objectContaining({ code: 'plugin.changed' }));
    expect(() => pluginOf('absent', '')).toThrow(expect.objectContaining({ code: 'plugin.not_loaded' }));
    await expect(new PluginLearner(first).fit(X, y)).rejects.toMatchObject({ code: 'plugin.changed' });
  });

  it('that fail, or say no probabilities, are refused by code', async () => {
    const failing = new PluginLearner(
      await module('failing', 'export function fit() { throw new Error("no"); } export const load = fit;'),
    );
    await expect(failing.fit(X, y)).rejects.toMatchObject({ code: 'plugin.failed' });
    const odd = await module(
      'odd',
      'export const fit = () => new Uint8Array(1); export const load = () => ({ rows }) => new Float64Array(3 * rows);',
    );
    const fitted = await new PluginLearner(odd).fit(X, y);
    expect(() => fitted.predictProba(X)).toThrow(expect.objectContaining({ code: 'plugin.bad_prediction' }));
    await expect(module('empty', 'export const fit = 1;')).rejects.toMatchObject({ code: 'plugin.not_a_learner' });
    await expect(module('broken', 'export const = ;')).rejects.toMatchObject({ code: 'plugin.not_a_learner' });
    await expect(loadPlugin('none', join(folder, 'none.mjs'))).rejects.toMatchObject({ code: 'plugin.unreadable' });
  });
});
