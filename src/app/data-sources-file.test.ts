import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataSourcesFile } from './data-sources-file.ts';
import { externalSources, staleAfterHours, whaleSettings } from './external-data.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-sources-'));
  file = join(folder, 'data_sources.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

const owners = `data_sources:
  whale_data:
    type: "api"
    endpoint: "https://api.whale-alert.io/v1/transactions"
    refresh_interval: 3600
    validation_rules:
      - min_value: 100
      - max_age_hours: 24
  custom_indicators:
    type: "file"
    path: "/app/data/external/custom_indicators.parquet"
    auto_reload: true
`;

describe('data_sources.yaml', () => {
  it('means what it says: the built-in whale source in other words, and a file of the data directory', () => {
    writeFileSync(file, owners);
    const dataSources = new DataSourcesFile({}, file);
    expect(whaleSettings(dataSources.current)).toEqual({ baseUrl: 'https://api.whale-alert.io', minValueEth: 100 });
    expect(staleAfterHours(dataSources.current)).toEqual({ whale_data: 24 });
    expect(externalSources({ dataSources, dataDir: '/data' })).toEqual([
      {
        dataset: 'custom_indicators',
        origin: { kind: 'file', path: '/data/external/custom_indicators.parquet', isReloaded: true },
        options: { dataset: 'custom_indicators' },
        requiredColumns: [],
      },
    ]);
  });

  it('takes keys from the environment, and says which is missing', () => {
    writeFileSync(
      file,
      'data_sources:\n  mine:\n    type: api\n    endpoint: http://127.0.0.1/x\n    refresh_interval: 60\n    headers:\n      key: "Bearer $%"\n'.replace(
        '%',
        '{MY_KEY}',
      ),
    );
    const dataSources = new DataSourcesFile({ MY_KEY: 'abc' }, file);
    expect(externalSources({ dataSources, dataDir: '/data' })[0]?.origin).toMatchObject({ headers: { key: 'Bearer abc' } });
    expect(() => new DataSourcesFile({}, file)).toThrow(/data_sources\.mine\.headers\.key: MY_KEY is not set/);
  });

  it('takes effect when it changes; a broken one leaves the former in force and says so', () => {
    writeFileSync(file, owners);
    const dataSources = new DataSourcesFile({}, file);
    expect(dataSources.reload()).toEqual({ isChanged: false });
    writeFileSync(file, owners.replace('3600', '"soon"'));
    expect(dataSources.reload()).toMatchObject({ isChanged: false, problem: { code: 'config.data_sources' } });
    expect(Object.keys(dataSources.current)).toEqual(['whale_data', 'custom_indicators']);
    expect(dataSources.reload()).toEqual({ isChanged: false });
    writeFileSync(file, `${owners}  more:\n    type: file\n    path: x.csv\n`);
    expect(dataSources.reload()).toEqual({ isChanged: true });
    expect(Object.keys(dataSources.current)).toContain('more');
  });
});
