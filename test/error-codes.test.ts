import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configLeaves } from '../src/config/index.ts';
import { COMPACTION_POINTS, CRASH_POINTS } from '../src/trading/crash-point.ts';

const root = new URL('..', import.meta.url).pathname;
const CODE = /'([a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*)'/g;
/** Literals of the same shape that are no codes: names of files, paths in replies, names that other programs give. */
const OTHER =
  /\.(ts|js|bin|sealed|json|yaml|ndjson|parquet|csv|html|log|in)$|^chart\.result$|^commander\.help$|^service\.(name|version)$/;

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return path.endsWith('.ts') && !/\.(test|contract|fixture)\.ts$/.test(path) ? [path] : [];
  });
}

describe('docs/errors.md', () => {
  const others = new Set<string>([...CRASH_POINTS, ...COMPACTION_POINTS, ...configLeaves().map(({ path }) => path)]);
  const used = new Set(
    sources(join(root, 'src'))
      .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(CODE)].map((match) => match[1]!))
      .filter((literal) => !OTHER.test(literal) && !others.has(literal)),
  );
  const documented = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([a-z0-9_.]+)` +\|/gm)].map(
    (match) => match[1]!,
  );

  it('lists every code that the source raises, once, and no other', () => {
    expect(used.size).toBeGreaterThan(20);
    expect([...documented].sort()).toEqual([...used].sort());
  });
});
