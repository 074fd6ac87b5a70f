import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRng } from '../domain/index.ts';
import { checkDataSources, readDataSources } from './data-sources.ts';

const EXAMPLE = readFileSync(new URL('../../config/data_sources.example.yaml', import.meta.url), 'utf8');
let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-sources-'));
  file = join(folder, 'data_sources.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('data_sources.yaml', () => {
  it('takes keys from the environment and says which are not set', () => {
    writeFileSync(file, EXAMPLE);
    expect(readDataSources({ FUNDING_KEY: 'abc' }, file).funding).toMatchObject({ headers: { authorization: 'Bearer abc' } });
    expect(() => readDataSources({}, file)).toThrowError(
      expect.objectContaining({ code: 'config.data_sources', message: expect.stringContaining('FUNDING_KEY') }),
    );
  });

  it('is valid or says what is wrong where, whatever is in it', () => {
    const rng = createRng(21);
    let wrong = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const at = Math.floor(rng() * EXAMPLE.length);
      const pieces = ['', ':', '- ', '  ', '&a *a ', '{', '\t', '!!js ', '"', '\u0000', '9e999', '? ', '<<: ', '\n'];
      const piece = pieces[Math.floor(rng() * pieces.length)]!;
      writeFileSync(file, EXAMPLE.slice(0, at) + piece + EXAMPLE.slice(at + Math.floor(rng() * 20)));
      const problems = checkDataSources(file);
      if (problems.length > 0) wrong += 1;
      for (const { path, message } of problems) expect([typeof path, message.length > 0]).toEqual(['string', true]);
    }
    expect(wrong).toBeGreaterThan(500);
  });

  it('refuses a file that unfolds beyond reason', () => {
    const levels = Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${i === 0 ? '1' : `*a${i - 1}, *a${i - 1}`}]`);
    writeFileSync(file, `data_sources:\n${levels.map((line) => `  ${line}`).join('\n')}\n`);
    expect(checkDataSources(file)).toMatchObject([{ message: expect.stringContaining('not readable YAML') }]);
  });
});
