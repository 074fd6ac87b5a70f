import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { DAY_MS, systemClock } from '../../domain/index.ts';
import { makeCertificate } from '../../server/certificate.fixture.ts';
import { FileJournal } from '../../trading/index.ts';
import { PATHS } from '../app-parts.ts';
import type { ReviewedConfig } from './finding.ts';
import { reviewConfig } from './review-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'ets-review-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const NOW = systemClock.nowMs();
const WELL = { ETS_WHALE_ALERT_API_KEY: 'w' };
const EXCHANGE = { ETS_BINANCE_API_KEY: 'k', ETS_BINANCE_API_SECRET: 's' };

/** Paths of problems and warnings. */
async function review(overrides: readonly string[], env: Record<string, string> = WELL, more: Partial<ReviewedConfig> = {}) {
  const { problems, warnings } = await reviewConfig({
    config: loadConfig({ env: {}, overrides }),
    env,
    dataDir: folder,
    dataSources: {},
    envFile: join(folder, '.env'),
    liveAccount: undefined,
    nowMs: NOW,
    leastPort: 1024,
    ...more,
  });
  return {
    problems: problems.map(({ path }) => path),
    warnings: warnings.map(({ path }) => path),
    all: [...problems, ...warnings],
  };
}

describe('reviewConfig', () => {
  it('has nothing to say of the defaults with a key', async () => {
    expect(await review([])).toMatchObject({ problems: [], warnings: [] });
  });

  it('warns where the capital is another one than the journal goes on with', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'ets-capital-'));
    const journal = await FileJournal.open(join(dataDir, PATHS.journal));
    const transfer = (amount: string, reason: string) =>
      ({ type: 'transfer', atMs: 1, asset: 'USDT', amount, valueUsd: amount, reason }) as const;
    await journal.append([transfer('3000', 'capital'), transfer('-500', 'by hand')]);
    await journal.close();
    const warned = async (capital: string) => (await review([`capitalUsd=${capital}`], WELL, { dataDir })).all;
    expect(await warned('3000')).toEqual([]);
    expect(await warned('2500')).toEqual([]);
    expect(await warned('6000')).toEqual([
      { path: 'capitalUsd', message: expect.stringContaining('`ets transfer --amount=3500`') },
    ]);
    rmSync(dataDir, { recursive: true });
  });

  const declared = { whale_data: { type: 'api', endpoint: 'https://a.example', refresh_interval: 60 } } as const;
  const file = { own: { type: 'file', path: '/app/data/external/own.csv', auto_reload: false } } as const;
  it.each<[string, string[], Record<string, string>, Partial<ReviewedConfig>, string[], string[]]>([
    ['no key, and a node', ['sources.rpc=http://127.0.0.1:1'], {}, {}, [], ['sources.whaleAlert']],
    ['no key, no node, not asked for', [], {}, {}, [], ['sources.whaleAlert']],
    ['no key, no node, and declared', [], {}, { dataSources: declared }, ['data_sources.whale_data'], []],
    ['beaconcha.in without a key', ['sources.beaconchain=https://b.example'], WELL, {}, [], ['sources.beaconchain']],
    ['a bucket without keys', ['backup.s3.bucket=b'], WELL, {}, ['backup.s3.bucket'], []],
    ['half of Telegram', [], { ...WELL, ETS_TELEGRAM_BOT_TOKEN: 't' }, {}, [], ['ETS_TELEGRAM_CHAT_ID']],
    ['live without its switch', ['mode=live'], { ...WELL, ...EXCHANGE }, {}, ['mode'], []],
    ['live without keys', ['mode=live'], WELL, { liveAccount: '1' }, ['mode'], []],
    ['live with both', ['mode=live'], { ...WELL, ...EXCHANGE }, { liveAccount: '1' }, [], []],
    [
      'live perpetuals on a testnet',
      ['mode=live', 'futures.enabled=true', 'exchange.testnet=true'],
      { ...WELL, ...EXCHANGE },
      { liveAccount: '1' },
      ['exchange.testnet'],
      ['futures.enabled'],
    ],
    [
      'live elsewhere',
      ['mode=live', 'exchange.venue=kraken'],
      { ...WELL, ...EXCHANGE },
      { liveAccount: '1' },
      ['exchange.venue'],
      [],
    ],
    ['an open host without a token', ['server.host=0.0.0.0'], WELL, {}, ['server.host'], []],
    ['an open host with a token', ['server.host=0.0.0.0'], { ...WELL, ETS_API_TOKEN: 't' }, {}, [], []],
    ['an open host of no server', ['server.host=0.0.0.0', 'server.enabled=false'], WELL, {}, [], []],
    ['half a TLS pair', ['server.tlsCertFile=/a.pem'], WELL, {}, ['server.tlsKeyFile'], ['server.tlsCertFile']],
    ['a bad cron text', ['schedule.backup.when=61 4 * * *'], WELL, {}, ['schedule.backup.when'], []],
    ['a bad time of training', ['schedule.training.when=61 4 * * *'], WELL, {}, ['schedule.training.when'], []],
    ['a time of training', ['schedule.training.when=0 3 1 * *'], WELL, {}, [], []],
    ['a day that never comes', ['schedule.health.when=0 0 31 2 *'], WELL, {}, ['schedule.health.when'], []],
    ['a privileged port', ['server.port=443'], WELL, {}, ['server.port'], []],
    ['a privileged port of root', ['server.port=443'], WELL, { leastPort: 1 }, [], []],
    ['labels that are not there', ['extraction.addressLabels=/no/labels.yaml'], WELL, {}, [], ['extraction.addressLabels']],
    ['another disk that is not there', ['backup.copyDir=/no/disk'], WELL, {}, [], ['backup.copyDir']],
    ['a declared file that is not there', [], WELL, { dataSources: file }, [], ['data_sources.own.path']],
  ])('%s', async (_, overrides, env, more, problems, warnings) => {
    expect(await review(overrides, env, more)).toMatchObject({ problems, warnings });
  });

  const own = (as_features: true | string[]) => ({
    dataSources: { own: { type: 'file', path: join(folder, 'own.csv'), auto_reload: false, as_features } } as const,
  });
  it.each<[string, string, Partial<ReviewedConfig>, string[]]>([
    ['features of the catalogue', 'passThrough: [rsi_14], monotone: { rsi_14: buy }', {}, []],
    [
      'misspelt ones',
      'passThrough: [rsi14], monotone: { no_such_feature_at_all: buy }',
      {},
      [
        'model.passThrough: there is no feature rsi14, and it changes nothing; did you mean "rsi_14"?',
        'model.monotone: there is no feature no_such_feature_at_all, and it changes nothing; `ets features list` has the names',
      ],
    ],
    ['own ones of a named column', "passThrough: ['custom:own.a_z_30']", own(['a']), []],
    [
      'own ones of a column that is not named',
      "monotone: { 'custom:own.b': sell }",
      own(['a']),
      ['model.monotone: there is no feature custom:own.b, and it changes nothing; did you mean "custom:own.a"?'],
    ],
    ['own ones of every column', "passThrough: ['custom:own.b']", own(true), []],
    ['own ones of a file that was dropped', "passThrough: ['custom:features_x.b']", {}, []],
  ])('in the settings of models: %s', async (_, settings, more, expected) => {
    writeFileSync(join(folder, 'own.csv'), '');
    const path = join(folder, 'model.yaml');
    writeFileSync(path, `model: { meta: logistic, ${settings} }\n`);
    const { all, problems } = await review([], WELL, { config: loadConfig({ env: {}, file: path }), ...more });
    expect(problems).toEqual([]);
    expect(all.map((one) => `${one.path}: ${one.message}`)).toEqual(expected);
  });

  it('finds the declared file once it is there', async () => {
    mkdirSync(join(folder, 'external'), { recursive: true });
    writeFileSync(join(folder, 'external/own.csv'), '');
    expect((await review([], WELL, { dataSources: file })).warnings).toEqual([]);
  });

  it('warns of a file of secrets that others may use, and never says what is in it', async () => {
    const envFile = join(folder, 'open.env');
    writeFileSync(envFile, 'ETS_API_TOKEN=hidden-value\n');
    chmodSync(envFile, 0o644);
    const { all } = await review([], WELL, { envFile });
    expect(all).toEqual([{ path: envFile, message: expect.stringContaining('chmod 600') }]);
    expect(JSON.stringify(all)).not.toContain('hidden-value');
    chmodSync(envFile, 0o600);
    expect((await review([], WELL, { envFile })).warnings).toEqual([]);
  });

  describe('a certificate', () => {
    const pair = makeCertificate(folder, { days: 60 });
    const other = makeCertificate(folder, { days: 60, name: 'other' });
    // A certificate is valid from the second in which it was made.
    const madeMs = systemClock.nowMs();
    const settings = (cert: string, key: string) => [`server.tlsCertFile=${cert}`, `server.tlsKeyFile=${key}`];
    it.each([
      ['is valid', 0, []],
      ['ends soon', 40, [expect.stringContaining('the certificate ends on')]],
      ['has ended', 61, [expect.stringContaining('has ended')]],
    ])('%s', async (_, days, messages) => {
      const { problems, all } = await review(settings(pair.certFile, pair.keyFile), WELL, { nowMs: madeMs + days * DAY_MS });
      expect(problems).toEqual([]);
      expect(all.map(({ message }) => message)).toEqual(messages);
    });

    it('that has not the key it comes with, or is none, is a problem', async () => {
      expect((await review(settings(pair.certFile, other.keyFile))).problems).toEqual(['server.tlsCertFile']);
      const none = join(folder, 'none.pem');
      writeFileSync(none, 'nothing');
      expect((await review(settings(none, pair.keyFile))).problems).toEqual(['server.tlsCertFile']);
    });
  });
});
