// Gives the files of deploy/ and the compose files to the tools that read them, and the metrics of a live daemon to
// promtool. A tool that is not installed is skipped, and said. Ends with `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (path) => join(root, path);
const folder = mkdtempSync(join(tmpdir(), 'ets-deploy-'));
const children = [];
const counts = { passed: 0, failed: 0, skipped: 0 };
const READY_MS = 120_000;

/** Runs one tool over its files. Resolves to nothing; counts. */
function check(name, [command, ...args], options = {}) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000, ...options });
  if (error?.code === 'ENOENT') {
    counts.skipped++;
    console.log(`skipped ${name}: ${command} is not installed (Debian: ${PACKAGES[command]})`);
  } else if (status === 0) {
    counts.passed++;
    console.log(`passed  ${name}`);
  } else {
    counts.failed++;
    console.log(`FAILED  ${name}: ${command} ended with ${status}\n${stdout}${stderr}`);
  }
}
const PACKAGES = { promtool: 'prometheus', amtool: 'prometheus-alertmanager', 'docker-compose': 'docker-compose' };

/** Starts `ets` and resolves to its first line of JSON. */
function started(...args) {
  const child = spawn(process.execPath, [at('dist/cli/main.js'), ...args, '--json'], { cwd: folder });
  children.push(child);
  return new Promise((ready, failed) => {
    let out = '';
    const late = setTimeout(() => failed(new Error(`ets ${args[0]} was not ready in ${READY_MS} ms`)), READY_MS);
    child.stdout.on('data', (text) => {
      out += text;
      if (!out.includes('\n')) return;
      clearTimeout(late);
      ready(JSON.parse(out));
    });
    child.on('exit', (code) => failed(new Error(`ets ${args[0]} ended with ${code}: ${out}`)));
  });
}

/** The configuration as the installed amtool can read it: addresses come from files since 0.26. */
function alertmanagerConfig() {
  const given = readFileSync(at('deploy/alertmanager/alertmanager.yml'), 'utf8');
  const [, minor] = /version 0\.(\d+)/.exec(spawnSync('amtool', ['--version'], { encoding: 'utf8' }).stdout ?? '') ?? [];
  const isOld = minor !== undefined && Number(minor) < 26;
  if (isOld) console.log(`note: amtool 0.${minor} reads no url_file; an address stands in for it`);
  const path = join(folder, 'alertmanager.yml');
  writeFileSync(path, isOld ? given.replaceAll(/url_file: .*/g, 'url: http://127.0.0.1/') : given);
  return path;
}

async function liveMetrics() {
  writeFileSync(join(folder, 'ends.json'), JSON.stringify(await started('sandbox', '--start', '2024-01-01', '--speed', '60')));
  const { url } = await started('run', '--endpoints', 'ends.json', '--data-dir', 'data', '--set', 'server.port=0');
  return (await fetch(`${url}/metrics`)).text();
}

try {
  const prometheus = at('deploy/prometheus');
  check('alert rules', ['promtool', 'check', 'rules', 'alerts.yml'], { cwd: prometheus });
  for (const tests of readdirSync(prometheus).filter((file) => file.endsWith('.test.yml')))
    check(`tests of the rules, ${tests}`, ['promtool', 'test', 'rules', tests], { cwd: prometheus });
  check('Prometheus', ['promtool', 'check', 'config', '--syntax-only', 'prometheus.yml'], { cwd: prometheus });
  check('Alertmanager', ['amtool', 'check-config', alertmanagerConfig()]);
  check('metrics of a live daemon', ['promtool', 'check', 'metrics'], { input: await liveMetrics() });
  copyFileSync(at('.env.example'), join(folder, '.env'));
  for (const file of readdirSync(root).filter((name) => /^docker-compose\..*\.yml$/.test(name))) {
    writeFileSync(join(folder, file), readFileSync(at(file)));
    check(file, ['docker-compose', '-f', file, 'config', '-q'], { cwd: folder });
  }
  const overlays = ['deploy/docker-compose.remote.yml', 'deploy/docker-compose.remote-monitoring.yml'].flatMap((file) => [
    '-f',
    at(file),
  ]);
  const remote = ['--project-directory', folder, '-f', 'docker-compose.prod.yml', ...overlays, '--profile', 'monitoring'];
  check('compose files for another machine', ['docker-compose', ...remote, 'config', '-q'], { cwd: folder });
} finally {
  for (const child of children) {
    child.removeAllListeners('exit');
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;
