import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeCertificate } from '../src/server/certificate.fixture.ts';
import { StandInDocker } from './stand-in-docker.fixture.ts';

let folder: string;
let docker: StandInDocker;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-deploy-'));
  docker = new StandInDocker(join(folder, 'stand-in'));
  for (const name of ['deploy.sh', 'monitor.sh', 'Dockerfile', '.env.example', 'deploy', ...compose])
    cpSync(resolve(name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, '.env'), 'ETS_API_TOKEN=\n', { mode: 0o600 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const compose = ['docker-compose.prod.yml', 'docker-compose.staging.yml', 'docker-compose.dev.yml'];

function deploy(args: readonly string[], env: Record<string, string> = {}) {
  const path = `${docker.bin}:${process.env.PATH}`;
  return new Promise<{ code: number; out: string; err: string }>((done) => {
    const options = { cwd: folder, env: { ...process.env, PATH: path, DEPLOY_WAIT_S: '0', ETS_PUBLISH: '127.0.0.1:1', ...env } };
    execFile('./deploy.sh', args, options, (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err }));
  });
}
const tls = ({ certFile, keyFile }: { certFile: string; keyFile: string }) => [`--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`];

describe('deploy.sh', () => {
  it('builds, starts and waits until the container is healthy; a token is made where there is none', async () => {
    const { code, out, err } = await deploy([]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/made a ETS_API_TOKEN[\s\S]*building[\s\S]*starting[\s\S]*healthy/);
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^ETS_API_TOKEN=[0-9a-f]{64}$/m);
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^ETS_ENV_FILE=\.env$/m);
    expect(docker.calls.filter((call) => /^(build|compose -f|inspect)/.test(call))).toEqual([
      'build --target production -t ethereum-trading:latest .',
      'compose -f docker-compose.staging.yml up -d --no-build',
      'inspect --format {{.State.Health.Status}} ethereum-trading-system',
    ]);
    expect(existsSync(join(folder, 'data-storage/backups'))).toBe(true);
    expect(statSync(join(folder, 'data-storage')).mode & 0o777).toBe(0o755);
    const token = readFileSync(join(folder, '.env'), 'utf8');
    await deploy([]);
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(token);
  });

  const acts = () =>
    docker.calls.filter((call) => /^(tag|build|logs|compose (-f|--project).* (up|stop|run|down))/.test(call)).map(shorter);
  const shorter = (call: string) =>
    call.replace(/^compose .*?(up|stop|run|down)/, '$1').replace('--rm --no-deps -T ethereum-trading-system ', '');

  it('upgrades: backup by the old image, build, stop, migration, start', async () => {
    docker.addImage('ethereum-trading:latest');
    expect(await deploy(['--production'])).toMatchObject({ code: 0 });
    expect(acts()).toEqual([
      'run backup create --json',
      'tag ethereum-trading:latest ethereum-trading:previous',
      'build --target production -t ethereum-trading:latest .',
      'stop ethereum-trading-system',
      'run migrate --json',
      'up -d --no-build',
    ]);
  });

  it('changes nothing where the backup before an upgrade fails', async () => {
    docker.addImage('ethereum-trading:latest');
    docker.backupCode = 3;
    expect(await deploy([])).toMatchObject({ code: 1, err: expect.stringContaining('the backup before the upgrade failed') });
    expect(acts()).toEqual(['run backup create --json']);
  });

  it.each([
    ['goes back to the image before where the new one does not become healthy', false, []],
    ['and takes back what it migrated', true, ['run migrate --back']],
  ])('%s', async (_name, migrates, back) => {
    docker.health = 'unhealthy';
    docker.addImage('ethereum-trading:latest');
    if (migrates) docker.migration = '{"layout":1,"migrated":[{"file":"outbox.json"}]}';
    const { code, err } = await deploy(['--production']);
    expect(code).toBe(1);
    expect(err).toContain('the last words of the container');
    expect(err).toContain('went back to the image before, which is not healthy either');
    expect(acts().slice(acts().indexOf('logs --tail 50 ethereum-trading-system'))).toEqual([
      'logs --tail 50 ethereum-trading-system',
      'stop ethereum-trading-system',
      ...back,
      'tag ethereum-trading:previous ethereum-trading:latest',
      'up -d --no-build',
    ]);
  });

  it('goes back too where the containers cannot be started, and waits until the image before is healthy', async () => {
    docker.addImage('ethereum-trading:latest');
    docker.upFails = true;
    const { code, err } = await deploy([]);
    expect(code).toBe(1);
    expect(err).toContain('the containers did not start; went back to the image before, which is healthy');
  });

  it('stops what it started where there is nothing to go back to', async () => {
    docker.health = 'starting';
    const { code, err } = await deploy([]);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('no image before') });
    expect(docker.calls.at(-1)).toBe('compose -f docker-compose.staging.yml down');
  });

  it('installs a certificate for the container, with the monitoring', async () => {
    const pair = makeCertificate(folder);
    mkdirSync(join(folder, 'deploy/secrets'), { recursive: true });
    writeFileSync(join(folder, 'deploy/secrets/alertmanager_webhook_url'), 'http://127.0.0.1:9/');
    const { code, err } = await deploy(['--production', ...tls(pair), '--monitoring=prometheus']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readFileSync(join(folder, 'config/tls/key.pem'), 'utf8')).toBe(readFileSync(pair.keyFile, 'utf8'));
    expect(statSync(join(folder, 'config/tls/key.pem')).mode & 0o777).toBe(0o600);
    expect(docker.calls).toContain('compose -f docker-compose.prod.yml --profile monitoring up -d --no-build');
    const metrics = readFileSync(join(folder, 'deploy/secrets/ets_metrics_token'), 'utf8');
    expect(parse(readFileSync(join(folder, 'deploy/secrets/targets.yml'), 'utf8'))).toEqual([
      { targets: ['ethereum-trading-system:8080'], labels: { __scheme__: 'https' } },
    ]);
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^ETS_GRAFANA_PASSWORD=[0-9a-f]{64}$/m);
    expect(readFileSync(join(folder, '.env'), 'utf8')).toContain(`ETS_METRICS_TOKEN=${metrics}\n`);
  });

  it('refuses before anything is started, and says what to do', async () => {
    const pair = makeCertificate(folder);
    const other = makeCertificate(folder, { name: 'other' });
    const open = join(folder, 'open.pem');
    cpSync(pair.keyFile, open);
    chmodSync(open, 0o644);
    const cases: [args: string[], code: number, message: RegExp][] = [
      [[`--ssl-cert=${pair.certFile}`], 2, /belong together/],
      [tls({ ...pair, certFile: 'none.pem' }), 1, /cannot read the certificate none.pem/],
      [tls({ ...pair, keyFile: 'none.pem' }), 1, /cannot read the key none.pem/],
      [tls({ ...pair, certFile: '.env.example' }), 1, /is not a PEM certificate/],
      [tls({ ...pair, keyFile: other.keyFile }), 1, /do not belong together/],
      [tls({ ...pair, keyFile: open }), 1, /open to everybody[\s\S]*chmod 600/],
      [['--production', '--monitoring=nagios'], 2, /not known/],
      [['--monitoring=prometheus'], 2, /belongs to --production/],
      [['--production', '--monitoring=prometheus'], 1, /alertmanager_webhook_url/],
      [['--everything'], 2, /unknown option/],
    ];
    for (const [args, code, message] of cases) {
      const result = await deploy(args);
      expect(result, args.join(' ')).toMatchObject({ code, err: expect.stringMatching(message) });
    }
    expect(docker.calls.filter((call) => /^(build|compose -f)/.test(call))).toEqual([]);
  });

  it('warns of a certificate that expires soon', async () => {
    const { code, out } = await deploy(tls(makeCertificate(folder, { days: 10 })));
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('expires within 30 days') });
  });

  it('wants a .env, an engine that is new enough, and a free port', async () => {
    docker.version = '19.3.1';
    expect(await deploy([])).toMatchObject({ code: 1, err: expect.stringContaining('19.3.1 is too old') });
    docker.version = '27.1.1';
    const server = createServer();
    const port = await new Promise<number>((listening) => {
      server.listen(0, '127.0.0.1', () => listening((server.address() as { port: number }).port));
    });
    expect(await deploy([], { ETS_PUBLISH: `127.0.0.1:${port}` })).toMatchObject({
      code: 1,
      err: expect.stringMatching(new RegExp(`port ${port} is in use[\\s\\S]*ETS_PUBLISH`)),
    });
    server.close();
    rmSync(join(folder, '.env'));
    expect(await deploy([])).toMatchObject({ code: 1, err: expect.stringContaining('cp .env.example .env') });
  });

  it('deploys to the machine of a Docker context: volumes there take what folders hold here', async () => {
    mkdirSync(join(folder, 'config'));
    writeFileSync(join(folder, 'config/config.yaml'), 'mode: paper\n');
    mkdirSync(join(folder, 'deploy/secrets'), { recursive: true });
    writeFileSync(join(folder, 'deploy/secrets/alertmanager_webhook_url'), 'http://127.0.0.1:9/');
    const args = ['--production', '--host', 'cloud', ...tls(makeCertificate(folder)), '--monitoring=prometheus'];
    const { code, err } = await deploy(args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readFileSync(join(folder, 'stand-in/context'), 'utf8')).toBe('cloud\n');
    expect(existsSync(join(folder, 'data-storage'))).toBe(false);
    const files = 'docker-compose.prod.yml -f deploy/docker-compose.remote.yml -f deploy/docker-compose.remote-monitoring.yml';
    expect(docker.calls).toContain(`compose --project-directory . -f ${files} --profile monitoring up -d --no-build`);
    const volume = (name: string) =>
      execFileSync('tar', ['-tf', join(folder, `stand-in/volume-${name}.tar`)], { encoding: 'utf8' });
    expect(volume('ets-config')).toMatch(/\.\/config\.yaml[\s\S]*\.\/tls\/key\.pem|\.\/tls\/key\.pem[\s\S]*\.\/config\.yaml/);
    expect(volume('ets-secrets')).toContain('./ets_metrics_token');
    expect(volume('ets-prometheus-config')).toContain('./alerts.yml');
    expect(readFileSync(join(folder, 'stand-in/volume-ets-data.tar'), 'utf8')).toBe('');
    expect(readFileSync(join(folder, '.env'), 'utf8')).toMatch(/^ETS_UID=10001$/m);
  });

  it('wants the same of another machine as of this one', async () => {
    const machine = { memoryBytes: 8e9, diskKb: 50e6, compose: '2.29.0' };
    docker.machine = { ...machine, memoryBytes: 2e9 };
    expect(await deploy(['--host=cloud'])).toMatchObject({ code: 1, err: expect.stringMatching(/only 2000 MB[\s\S]*4 GB/) });
    docker.machine = { ...machine, diskKb: 3e6 };
    expect(await deploy(['--host=cloud'])).toMatchObject({ code: 1, err: expect.stringMatching(/only 3 GB[\s\S]*20 GB/) });
    expect(acts()).toEqual(['build --target production -t ethereum-trading:latest .']);
    docker.machine = { ...machine, compose: '1.29.2' };
    expect(await deploy([])).toMatchObject({ code: 1, err: expect.stringContaining('Compose 1.29.2 is too old') });
  });

  it('wants enough memory and disk here', async () => {
    writeFileSync(join(folder, 'meminfo'), 'MemTotal:        1000000 kB\n');
    expect(await deploy([], { ETS_MEMINFO: join(folder, 'meminfo') })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/only 1000 MB[\s\S]*4 GB/),
    });
    const df = '#!/bin/sh\nprintf "Filesystem\\n/dev/x 1 1 5000000 1%% /\\n"\n';
    writeFileSync(join(folder, 'stand-in/bin/df'), df, { mode: 0o755 });
    expect(await deploy([])).toMatchObject({ code: 1, err: expect.stringMatching(/only 5 GB[\s\S]*20 GB/) });
  });

  it('warns of a .env that everybody can read, and refuses a certificate that has expired', async () => {
    chmodSync(join(folder, '.env'), 0o644);
    expect(await deploy([])).toMatchObject({ code: 0, out: expect.stringContaining('chmod 600 .env') });
    writeFileSync(join(folder, 'stand-in/bin/openssl'), EXPIRED, { mode: 0o755 });
    const pair = makeCertificate(folder);
    expect(await deploy(tls(pair))).toMatchObject({ code: 1, err: expect.stringContaining('the certificate has expired') });
  });

  it('refuses folders that it may not change', async () => {
    writeFileSync(join(folder, 'stand-in/bin/chmod'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect(await deploy([])).toMatchObject({ code: 1, err: expect.stringMatching(/belongs to somebody else[\s\S]*sudo chown/) });
  });
});

/** Says of every certificate that it has ended; openssl makes none that has. */
const EXPIRED = `#!/bin/sh
case " $* " in *' -checkend 0 '*) exit 1 ;; esac
PATH=\${PATH#*:} exec openssl "$@"
`;

describe('compose files', () => {
  interface Service {
    readonly read_only?: boolean;
    readonly user?: string;
    readonly ports?: string[];
    readonly healthcheck?: { test: string[] };
    readonly volumes?: string[];
    readonly image?: string;
    readonly mem_limit?: string;
    readonly cpus?: number;
  }
  const servicesOf = (name: string) =>
    (parse(readFileSync(resolve(name), 'utf8')) as { services: Record<string, Service> }).services;

  it.each(['docker-compose.prod.yml', 'docker-compose.staging.yml'])(
    '%s runs read-only, not as root, on loopback, with a health check',
    (name) => {
      const service = servicesOf(name)['ethereum-trading-system']!;
      expect(service.read_only).toBe(true);
      expect(service.user).toContain('10001');
      expect(service.ports).toEqual([expect.stringMatching(/^\$\{ETS_PUBLISH:-127\.0\.0\.1:808[01]\}:8080$/)]);
      expect(service.healthcheck?.test).toEqual(['CMD', 'node', 'dist/cli/healthcheck.js']);
    },
  );

  it.each(['docker-compose.prod.yml', 'docker-compose.staging.yml'])('%s limits what each of its services may use', (name) => {
    for (const [service, { mem_limit, cpus }] of Object.entries(servicesOf(name)))
      expect({ service, mem_limit, cpus }).toEqual({
        service,
        mem_limit: expect.stringMatching(/^\d+[mg]$/),
        cpus: expect.any(Number),
      });
  });

  it('docker-compose.dev.yml checks a daemon that is started in it, where there is one', () => {
    const service = servicesOf('docker-compose.dev.yml')['ethereum-trading-system']!;
    expect(service.healthcheck?.test).toEqual(['CMD', 'node', '/app/dist/cli/healthcheck.js', '--or-none']);
  });

  it.each(['docker-compose.prod.yml', 'docker-compose.staging.yml'])(
    '%s hands .env to the container, with its own places',
    (name) => {
      const text = readFileSync(resolve(name), 'utf8');
      // biome-ignore lint/suspicious/noTemplateCurlyInString: compose fills it in
      expect(text).toContain('env_file: ["${ETS_ENV_FILE:-.env.example}"]');
      const example = readFileSync(resolve('.env.example'), 'utf8').split('\n');
      expect(example).toContain('ETS_ENV_FILE=.env');
      // An empty line would stand over what the image says.
      expect(example.filter((line) => /^ETS_(DATA|LOG)_DIR=/.test(line))).toEqual([]);
      const { environment } = (parse(text) as { services: Record<string, { environment?: Record<string, string> }> }).services[
        'ethereum-trading-system'
      ]!;
      expect(environment).toMatchObject({ ETS_DATA_DIR: '/app/data', ETS_LOG_DIR: '/app/logs' });
    },
  );

  it('mount files of this repository or those that deploy.sh makes, and images of one version', () => {
    expect(readFileSync(resolve('.gitignore'), 'utf8').split('\n')).toContain('deploy/secrets/');
    for (const [name, { volumes = [], image = '' }] of Object.entries(servicesOf('docker-compose.prod.yml'))) {
      expect(image, name).toMatch(/:(latest$|v?\d+\.\d+\.\d+$)/);
      for (const volume of volumes.filter((one) => one.startsWith('./deploy') && !one.startsWith('./deploy/secrets:')))
        expect(existsSync(resolve(volume.split(':')[0]!)), volume).toBe(true);
    }
  });
});

describe('the systemd unit', () => {
  const unit = readFileSync(resolve('deploy/systemd/ethereum-trading-system.service'), 'utf8');

  it('starts the daemon with few rights, and does not restart a wrong configuration', () => {
    for (const line of [
      'ExecStart=/usr/bin/node dist/cli/main.js run',
      'RestartPreventExitStatus=2',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'User=ets',
    ])
      expect(unit.split('\n')).toContain(line);
  });
});
