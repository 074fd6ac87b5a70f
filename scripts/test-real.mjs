// Runs the tests against real nodes (anvil, Lodestar). Their package is installed first, outside of the default install;
// where it cannot be, the suite says so and is skipped.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const real = fileURLToPath(new URL('../test/real', import.meta.url));
const run = (command, args, cwd) => spawnSync(command, args, { cwd, stdio: 'inherit' }).status ?? 1;
const areThere = () => ['anvil', 'lodestar'].every((name) => existsSync(`${real}/node_modules/.bin/${name}`));

if (!areThere()) run('npm', ['ci', '--no-audit', '--no-fund'], real);
if (!areThere()) {
  console.log('skipped: the real nodes could not be installed; try `npm ci` in test/real');
  process.exit(0);
}
process.exit(run('npx', ['vitest', 'run', '--config', 'vitest.real.config.ts', ...process.argv.slice(2)], root));
