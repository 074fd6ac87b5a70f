import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasKernel } from './kernel.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Why the compiler cannot run, or `null` where it can. */
const reason = existsSync(`${root}node_modules/assemblyscript`) ? null : 'assemblyscript is not installed';

/** Hash of a small fitted model, in a process started with some flags. */
const PROGRAM = `
import { createHash } from 'node:crypto';
import { GradientBoostedTrees } from './dist/model/index.js';
import { hasKernel } from './dist/model/trees/kernel.js';
const data = Float64Array.from({ length: 1200 }, (_, i) => (i % 17 === 0 ? NaN : Math.sin(i * i)));
const y = Uint8Array.from({ length: 200 }, (_, i) => (data[i * 6 + 1] > 0.3 ? 0 : data[i * 6 + 1] < -0.3 ? 1 : 2));
const fitted = await new GradientBoostedTrees({ rounds: 10, minLeafSamples: 3 }).fit({ data, rows: 200, columns: 6 }, y);
console.log(JSON.stringify({ compiled: hasKernel(), sha256: createHash('sha256').update(fitted.toBytes()).digest('hex') }));
`;
const fitWith = (...flags: string[]) => {
  const args = [...flags, '--input-type=module', '--eval', PROGRAM];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' })) as {
    compiled: boolean;
    sha256: string;
  };
};

describe('the compiled search', () => {
  it('runs here, and without WebAssembly the plain one makes the same bytes', () => {
    expect(hasKernel()).toBe(true);
    const compiled = fitWith();
    const plain = fitWith('--import', 'data:text/javascript,delete globalThis.WebAssembly');
    expect(compiled.compiled).toBe(true);
    expect(plain).toEqual({ compiled: false, sha256: compiled.sha256 });
  });

  it('leaves the work to the plain one where SIMD is not known', () => {
    const refuses = 'data:text/javascript,WebAssembly.validate=()=>false';
    expect(fitWith('--import', refuses)).toEqual({ compiled: false, sha256: fitWith().sha256 });
  });

  it.skipIf(reason !== null)(`is what its source compiles to${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
    expect(execFileSync(process.execPath, ['scripts/wasm.mjs', '--check'], { cwd: root, encoding: 'utf8' })).toBe('');
  });
});
