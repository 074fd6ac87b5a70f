import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const STATIC_IMPORT = /^(?:import|export)\s(?!type\b)[^;]*?from\s+'([^']+)'/gm;

/** Modules that loading `file` loads at once; dynamic imports and types are not among them. */
function closure(
  file: string,
  seen = new Set<string>(),
  packages = new Set<string>(),
): { files: Set<string>; packages: Set<string> } {
  seen.add(file);
  for (const [, target] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
    if (!target!.startsWith('.')) packages.add(target!);
    else if (!seen.has(resolve(dirname(file), target!))) closure(resolve(dirname(file), target!), seen, packages);
  }
  return { files: seen, packages };
}

describe('start-up of the command line', () => {
  const { files, packages } = closure(resolve('src/cli/main.ts'));

  it('loads only what parsing a command needs; the rest loads when a command runs', () => {
    const heavy = [...packages].filter((name) => !name.startsWith('node:')).sort();
    expect(heavy).toEqual(['commander']);
    expect(
      [...files].filter((file) => /src\/(config|storage|features|model|trading|extraction|sandbox|backtest|app)/.test(file)),
    ).toEqual([]);
  });
});
