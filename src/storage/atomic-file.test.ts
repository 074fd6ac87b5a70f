import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { link } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileAtomic } from './atomic-file.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-atomic-'));
  path = join(folder, 'within', 'file');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const refusing =
  (code: string): typeof link =>
  async () => {
    throw Object.assign(new Error(code), { code });
  };

describe.each([
  ['with hard links', link],
  ['without hard links', refusing('EPERM')],
])('createFileAtomic on a file system %s', (_, hardLink) => {
  const create = (content: string) => createFileAtomic(path, content, hardLink);

  it('writes the file, and leaves nothing beside it', async () => {
    expect(await create('content')).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('content');
    expect(readdirSync(join(folder, 'within'))).toEqual(['file']);
  });

  it.each([
    ['file', () => writeFileSync(path, 'before')],
    ['folder', () => mkdirSync(path)],
    ['link to nothing', () => symlinkSync('nowhere', path)],
  ])('leaves a %s alone that stands there', async (_kind, stand) => {
    mkdirSync(join(folder, 'within'));
    stand();
    const before = readdirSync(join(folder, 'within'), { withFileTypes: true });
    expect(await create('content')).toBe(false);
    expect(readdirSync(join(folder, 'within'), { withFileTypes: true })).toEqual(before);
    if (before[0]?.isFile()) expect(readFileSync(path, 'utf8')).toBe('before');
  });

  it('lets one of several win that come at once', async () => {
    const texts = Array.from({ length: 8 }, (_one, i) => `content ${i}`);
    const won = await Promise.all(texts.map(create));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe(texts[won.indexOf(true)]);
    expect(readdirSync(join(folder, 'within'))).toEqual(['file']);
  });
});

describe('createFileAtomic', () => {
  it('leaves nothing where the file cannot be given its name, and says so by code', async () => {
    await expect(createFileAtomic(path, 'content', refusing('EIO'))).rejects.toMatchObject({ code: 'storage.write_failed' });
    expect(readdirSync(join(folder, 'within'))).toEqual([]);
  });
});
