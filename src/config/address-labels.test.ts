import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAddressLabels } from './address-labels.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-labels-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (text: string) => {
  const file = join(folder, 'labels.yaml');
  writeFileSync(file, text);
  return readAddressLabels(file);
};
const entry = (more = '') => `labels:\n  - address: "0x${'ab'.repeat(20)}"\n    owner: my exchange\n    kind: exchange\n${more}`;

describe('readAddressLabels', () => {
  it('gives labels with the time since when they were known', () => {
    expect(read(entry('    known_since: 2023-05-01\n'))).toEqual([
      { address: `0x${'ab'.repeat(20)}`, owner: 'my exchange', kind: 'exchange', knownSinceMs: Date.UTC(2023, 4, 1) },
    ]);
  });

  it('has none where there is no file', () => {
    expect(readAddressLabels(join(folder, 'none.yaml'))).toEqual([]);
  });

  it.each([
    ['a day is missing', entry(), /labels\.0\.known_since/],
    ['an address is short', entry('    known_since: 2023-05-01\n').replace('0xab', '0x'), /labels\.0\.address/],
    ['it is no YAML', 'labels: [', /not readable YAML/],
  ])('names the place where %s', (_what, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
