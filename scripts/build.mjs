// Compiles src/ to dist/ and makes the binary executable. A build whose output was removed starts afresh.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

const root = new URL('..', import.meta.url);
const main = new URL('dist/cli/main.js', root);
if (!existsSync(main)) rmSync(new URL('node_modules/.cache/tsc/build.tsbuildinfo', root), { force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
chmodSync(main, 0o755);
