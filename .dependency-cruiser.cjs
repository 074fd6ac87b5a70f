/** The dependency rule of docs/architecture.md. Each entry says who may not know whom, and why. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: `^src/${from}/`, pathNot: '\\.(test|contract)\\.ts$' },
  to: { path: '^src/', pathNot: `^src/(${[from, ...allowed].join('|')})/` },
});
const pure = (name, path, pathNot, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path, pathNot },
  to: { dependencyTypes: ['core'], pathNot: '^(crypto|node:crypto)$' },
});
const tests = '\\.(test|contract)\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    only('domain-imports-nothing', 'domain', [], 'The vocabulary knows nobody.'),
    only('config-knows-domain', 'config', ['domain'], 'Configuration is a schema over the vocabulary.'),
    only(
      'features-are-pure',
      'features',
      ['domain'],
      'Features know the vocabulary alone: not where rows come from, not what is done with them.',
    ),
    only('model-is-pure', 'model', ['domain'], 'Learners see matrices, never candles or orders.'),
    only('storage-knows-domain', 'storage', ['domain'], 'Tables hold rows of the vocabulary.'),
    only('extraction', 'extraction', ['domain', 'storage', 'config'], 'Extraction fills tables.'),
    only('trading', 'trading', ['domain'], 'Trading decides without knowing how features or models work.'),
    only('backtest', 'backtest', ['domain', 'trading'], 'The backtest drives the trading core over stored time.'),
    only('monitoring', 'monitoring', ['domain', 'storage', 'config', 'trading'], 'Monitoring reads what was recorded.'),
    only('scheduler', 'scheduler', ['domain'], 'The scheduler knows times and jobs, not what a job does.'),
    only('sandbox', 'sandbox', ['domain'], 'The simulated world speaks wire formats only; the system meets it through them.'),
    only('server', 'server', ['domain', 'config', 'monitoring'], 'The server shows and forwards.'),
    only('client', 'client', ['server'], 'The client knows the replies of the server, as types.'),
    {
      name: 'nobody-imports-the-top',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|app)/|^src/app\\.ts$' },
      to: { path: '^src/(cli/|app/|app\\.ts$)' },
    },
    { name: 'app-does-not-know-the-cli', severity: 'error', from: { path: '^src/app' }, to: { path: '^src/cli/' } },
    {
      name: 'no-commands',
      comment:
        'Other programs are not started: the one child process is a training, the one context bounds how long Arrow is read.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '\\.(test|contract|fixture)\\.ts$|^src/(app/daemon/train-in-child|extraction/ingest/read-arrow)\\.ts$',
      },
      to: { path: '^(node:)?(child_process|vm|cluster)$' },
    },
    pure('pure-domain', '^src/domain/', tests, 'No files, no network.'),
    pure('pure-features', '^src/features/', tests, 'No files, no network.'),
    pure(
      'pure-model',
      '^src/model/',
      `${tests}|^src/model/(threads|registry|persistence|plugins)`,
      'Only threads, registry, persistence and plug-ins touch the machine.',
    ),
  ],
  options: { tsConfig: { fileName: 'tsconfig.json' }, tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
};
