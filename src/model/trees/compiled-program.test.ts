import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { GROWER } from './compiled-grower.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Why the compiler cannot run, or `null` where it can. */
const reason = existsSync(`${root}node_modules/assemblyscript`) ? null : 'assemblyscript is not installed';

/** Hash of small fitted models, in a process started with some flags. */
const PROGRAM = `
import { createHash } from 'node:crypto';
import { ExtraTrees, GradientBoostedTrees, RandomForest } from './dist/model/index.js';
import { GROWER } from './dist/model/trees/compiled-grower.js';
const data = Float64Array.from({ length: 1200 }, (_, i) => (i % 17 === 0 ? NaN : Math.sin(i * i)));
const y = Uint8Array.from({ length: 200 }, (_, i) => (data[i * 6 + 1] > 0.3 ? 0 : data[i * 6 + 1] < -0.3 ? 1 : 2));
const hash = createHash('sha256');
const learners = [new GradientBoostedTrees({ rounds: 10, minLeafSamples: 3 }), new RandomForest({ trees: 10 }), new ExtraTrees({ trees: 10 })];
for (const learner of learners) hash.update((await learner.fit({ data, rows: 200, columns: 6 }, y)).toBytes());
console.log(JSON.stringify({ compiled: GROWER.isUsable, sha256: hash.digest('hex') }));
`;
const fitWith = (...flags: string[]) => {
  const args = [...flags, '--input-type=module', '--eval', PROGRAM];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as {
    compiled: boolean;
    sha256: string;
  };
};

describe('compiled programs', () => {
  it('run here, and without WebAssembly the plain ones make the same bytes', () => {
    expect(GROWER.isUsable).toBe(true);
    const compiled = fitWith();
    const plain = fitWith('--import', 'data:text/javascript,delete globalThis.WebAssembly');
    expect(compiled.compiled).toBe(true);
    expect(plain).toEqual({ compiled: false, sha256: compiled.sha256 });
  });

  it('leave the work to the plain ones where SIMD is not known', () => {
    const refuses = 'data:text/javascript,WebAssembly.validate=()=>false';
    expect(fitWith('--import', refuses)).toEqual({ compiled: false, sha256: fitWith().sha256 });
  });

  it.skipIf(reason !== null)(`are what their sources compile to${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
    expect(execFileSync(process.execPath, ['scripts/wasm.mjs', '--check'], { cwd: root, encoding: 'utf8' })).toBe('');
  });
});
