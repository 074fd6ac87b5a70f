import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commandReference } from '../src/cli/command-reference.ts';
import { createProgram } from '../src/cli/program.ts';
import { generatedDocs } from '../src/docs/generated-docs.ts';
import { markdownTable, withGenerated } from '../src/docs/markdown.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

describe('generated parts of docs/', () => {
  it.each(generatedDocs(read, [{ path: 'docs/cli.md', part: () => commandReference(createProgram()) }]))(
    '$path is as `npm run docs` writes it',
    ({ path, text }) => {
      expect(read(path)).toBe(text);
    },
  );
});

describe('markdownTable', () => {
  it('pads cells and escapes what would end one', () => {
    expect(
      markdownTable([
        ['a', 'b'],
        ['x|y', '1'],
      ]),
    ).toBe('| a    | b   |\n| ---- | --- |\n| x\\|y | 1   |');
  });
});

describe('withGenerated', () => {
  it('refuses a document without a place for it', () => {
    expect(() => withGenerated('text', 'part')).toThrow(/has no part between/);
  });
});
