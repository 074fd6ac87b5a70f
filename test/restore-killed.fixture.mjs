// Restores a backup over a data directory, and kills itself at the n-th rename: node FILE dataDir backupId n
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [dataDir, backupId, deadly] = process.argv.slice(2);
let renames = 0;
const { rename } = fs.promises;
fs.promises.rename = async (...args) => {
  if (++renames === Number(deadly)) process.kill(process.pid, 'SIGKILL');
  return rename(...args);
};
syncBuiltinESMExports();
const { openApp } = await import('../dist/app.js');
const { loadConfig } = await import('../dist/config/index.js');
const app = await openApp({ dataDir, config: loadConfig({ env: {} }), env: {} });
await app.restoreBackup(backupId, undefined, true);
await app.close();
process.stdout.write(`${renames}\n`);
