import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readEnvFile } from './env-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-env-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, 'secrets');
writeFileSync(
  file,
  '# keys\nETS_API_TOKEN="with spaces"\nETS_DATA_DIR=\nETS_LOG_DIR=/var/log # here\nexport ETS_NTFY_URL=http://a\n',
);

describe('readEnvFile', () => {
  it('reads names, quotes and comments; an empty value sets nothing', () => {
    expect(readEnvFile({}, file)).toEqual({
      ETS_API_TOKEN: 'with spaces',
      ETS_LOG_DIR: '/var/log',
      ETS_NTFY_URL: 'http://a',
    });
  });

  it('leaves what the environment sets, even to nothing', () => {
    expect(Object.keys(readEnvFile({ ETS_API_TOKEN: 'x', ETS_LOG_DIR: '' }, file))).toEqual(['ETS_NTFY_URL']);
  });

  it('does without .env where none is named, and not without a file that is', () => {
    expect(readEnvFile({})).toEqual({});
    expect(() => readEnvFile({}, join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'config.env_file' }));
    expect(() => readEnvFile({}, folder)).toThrow(expect.objectContaining({ code: 'config.env_file' }));
  });
});
