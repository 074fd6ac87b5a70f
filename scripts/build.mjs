// Compiles src/ to dist/, puts the search spaces beside it and makes the binary executable. A build whose output was removed starts afresh.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const root = new URL('..', import.meta.url);
const main = new URL('dist/cli/main.js', root);
if (!existsSync(main)) rmSync(new URL('node_modules/.cache/tsc/build.tsbuildinfo', root), { force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
cpSync(new URL('src/model/tuning/search-spaces', root), new URL('dist/model/tuning/search-spaces', root), { recursive: true });
writeFileSync(new URL('dist/build.json', root), JSON.stringify({ commit: commit() }));
chmodSync(main, 0o755);

/** The checkout's commit; null where there is none, as in a container's build. */
function commit() {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : (process.env.ETS_GIT_COMMIT ?? null);
}
