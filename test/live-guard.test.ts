import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppParts, PATHS } from '../src/app/app-parts.ts';
import { DataSourcesFile } from '../src/app/data-sources-file.ts';
import { flatten, resumeTrading } from '../src/app/halting.ts';
import { openTradingSession } from '../src/app/trading-session.ts';
import { transfer } from '../src/app/transfer.ts';
import { createProgram } from '../src/cli/program.ts';
import { loadConfig } from '../src/config/index.ts';
import { ManualClock, systemTimer } from '../src/domain/index.ts';
import { RequestBudgets } from '../src/extraction/index.ts';
import { DataManager } from '../src/storage/index.ts';
import { BinanceLoopback, KEY, SECRET } from '../src/trading/brokers/binance-loopback.contract.ts';

const clock = new ManualClock(Date.UTC(2024, 0, 1));
const dataDir = mkdtempSync(join(tmpdir(), 'ets-live-'));
const venue = new BinanceLoopback(clock, '10000');
let baseUrl = '';
let store: DataManager;
beforeAll(async () => {
  baseUrl = await venue.listen();
  store = await DataManager.open(dataDir, { clock, timer: systemTimer, world: { kind: 'real' } });
});
afterAll(async () => {
  await store.close();
  await venue.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const KEYS = { ETS_BINANCE_API_KEY: KEY, ETS_BINANCE_API_SECRET: SECRET };

/** A configuration that says live, at an exchange on loopback. */
function liveParts(
  liveAccount: string | undefined,
  env: Record<string, string> = KEYS,
  overrides: readonly string[] = [],
): AppParts {
  return {
    dataDir,
    config: loadConfig({ env: {}, overrides: ['mode=live', ...overrides] }),
    env,
    clock,
    timer: systemTimer,
    budgets: new RequestBudgets(systemTimer),
    world: { kind: 'real' as const },
    isSimulated: false,
    dataSources: DataSourcesFile.none(),
    endpoints: undefined,
    urls: { binance: baseUrl },
    store,
    onProgress: () => undefined,
    signal: undefined,
    liveAccount,
  };
}

/** A session on it. */
function open(liveAccount: string | undefined, env?: Record<string, string>, overrides?: readonly string[]) {
  return openTradingSession(liveParts(liveAccount, env, overrides), {
    mode: 'live',
    model: () => undefined,
    served: () => [],
    quote: async () => undefined,
  });
}

describe('live trading', () => {
  it('needs to be confirmed for this run', async () => {
    await expect(open(undefined)).rejects.toMatchObject({ code: 'trade.live_not_confirmed' });
    expect(venue.requests).toEqual([]);
  });

  it('needs a key', async () => {
    await expect(open('354937868', {})).rejects.toMatchObject({ code: 'exchange.key_missing' });
  });

  it('needs a key of the account that was named', async () => {
    await expect(open('1')).rejects.toMatchObject({ code: 'trade.live_other_account' });
  });

  it('refuses a key that may withdraw', async () => {
    venue.mayWithdraw = true;
    await expect(open('354937868')).rejects.toMatchObject({ code: 'exchange.key_may_withdraw' });
    venue.mayWithdraw = false;
  });

  it('refuses a key that may not trade, before the first order finds out', async () => {
    venue.mayTrade = false;
    await expect(open('354937868')).rejects.toMatchObject({ code: 'exchange.key_may_not_trade' });
    venue.mayTrade = true;
  });

  it('says that the exchange refuses the key', async () => {
    const env = { ETS_BINANCE_API_KEY: KEY, ETS_BINANCE_API_SECRET: 'another-secret' };
    await expect(open('354937868', env)).rejects.toMatchObject({ code: 'exchange.key_refused' });
  });

  it.each(['kraken', 'coinbase'])('is refused on %s, which is proven on paper alone', async (venueName) => {
    venue.requests.length = 0;
    await expect(open('354937868', undefined, [`exchange.venue=${venueName}`])).rejects.toMatchObject({
      code: 'exchange.venue_not_live',
      details: { venue: venueName, liveVenues: ['binance'] },
    });
    expect(venue.requests).toEqual([]);
  });

  it('journals nothing and leaves nothing asked for where a transfer is refused', async () => {
    for (const [account, code] of [
      [undefined, 'trade.live_not_confirmed'],
      ['1', 'trade.live_other_account'],
    ] as const)
      await expect(transfer(liveParts(account), { asset: 'USDT', amount: '-7' })).rejects.toMatchObject({ code });
    const queued = () => readdirSync(join(dataDir, PATHS.requests));
    expect(queued()).toEqual([]);
    const booked = await transfer(liveParts('354937868'), { asset: 'USDT', amount: '-1' });
    expect(booked).toMatchObject({ amount: '-1', owned: { usd: '9999' } });
    expect(queued()).toEqual([]);
  });

  it('is flattened without a daemon where it is confirmed', async () => {
    await expect(flatten(liveParts(undefined), 'test')).rejects.toMatchObject({ code: 'trade.live_not_confirmed' });
    expect(await flatten(liveParts('354937868'), 'test')).toMatchObject({ halt: { why: 'flatten' }, positionEth: '0' });
    expect(existsSync(join(dataDir, PATHS.flatten))).toBe(false);
    await resumeTrading({ dataDir });
  });

  it.each(['flatten', 'transfer', 'trade', 'run'])('is confirmed at `ets %s` as everywhere', (name) => {
    const command = createProgram().commands.find((one) => one.name() === name);
    expect(command?.options.map(({ long }) => long)).toEqual(expect.arrayContaining(['--live', '--i-understand']));
  });

  it('opens then, and has sent no order', async () => {
    const session = await open('354937868');
    expect(session.cycle.settings.mode).toBe('live');
    expect(venue.requests.filter((route) => route.startsWith('POST'))).toEqual([]);
    await session.close();
  });
});
