import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
const CODE = /new (?:Config|Data|Source|Exchange|OrderUnknown|Model|Halted|Invariant)Error\(\s*'([a-z0-9_.]+)'/g;

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.contract.ts') ? [path] : [];
  });
}

describe('docs/errors.md', () => {
  const used = new Set(
    sources(join(root, 'src')).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(CODE)].map((match) => match[1]!)),
  );
  const documented = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([a-z0-9_.]+)` \|/gm)].map(
    (match) => match[1]!,
  );

  it('lists every code that the source raises, once, and no other', () => {
    expect(used.size).toBeGreaterThan(20);
    expect([...documented].sort()).toEqual([...used].sort());
  });
});
