import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configLeaves } from '../src/config/index.ts';
import { DATASETS } from '../src/domain/index.ts';

const document = readFileSync(new URL('../docs/data-sources.md', import.meta.url), 'utf8');

describe('docs/data-sources.md', () => {
  it.each(DATASETS.map(({ name, columns }) => ({ name, columns })))(
    'lists the columns of $name, their units and meaning',
    ({ columns }) => {
      const rows = document.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
      for (const { name, unit, description, required } of columns) {
        const meaning = required ? `${description}; needed` : description;
        expect(rows).toContainEqual(['', `\`${name}\``, unit, meaning, '']);
      }
    },
  );

  it('names settings that exist', () => {
    const settings = new Set(configLeaves().map(({ path }) => path));
    const named = [...document.matchAll(/`((?:sources|extraction)\.\w+)`/g)].map(([, path]) => path);
    expect(named.length).toBeGreaterThan(8);
    for (const path of named) expect(settings).toContain(path);
  });
});
