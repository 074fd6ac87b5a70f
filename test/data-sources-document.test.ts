import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { configLeaves, dataSourcesJsonSchema, readDataSources } from '../src/config/index.ts';
import { DATASETS } from '../src/domain/index.ts';

const fileOf = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const document = readFileSync(fileOf('docs/data-sources.md'), 'utf8');

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

describe('config/data_sources.example.yaml', () => {
  const example = fileOf('config/data_sources.example.yaml');

  it('is valid, and the one in the documentation', () => {
    expect(Object.keys(readDataSources({ FUNDING_KEY: 'k' }, example))).toEqual([
      'whale_data',
      'funding',
      'custom_indicators',
      'research',
      'ticks',
    ]);
    const shown = /```yaml\n(data_sources:\n.*?)```/s.exec(document)![1]!;
    expect(readFileSync(example, 'utf8')).toContain(shown);
  });

  it('has beside it the schema that the program checks with', () => {
    expect(JSON.parse(readFileSync(fileOf('config/data_sources.schema.json'), 'utf8'))).toEqual(dataSourcesJsonSchema());
  });
});
