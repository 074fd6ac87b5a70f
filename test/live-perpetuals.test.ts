import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppParts } from '../src/app/app-parts.ts';
import { DataSourcesFile } from '../src/app/data-sources-file.ts';
import { openExchangeRoute } from '../src/app/exchange-route.ts';
import { sellEverything } from '../src/app/sell-everything.ts';
import { openTradingSession } from '../src/app/trading-session.ts';
import { loadConfig } from '../src/config/index.ts';
import { HOUR_MS, ManualClock, money, systemTimer } from '../src/domain/index.ts';
import { RequestBudgets } from '../src/extraction/index.ts';
import { DataManager } from '../src/storage/index.ts';
import { BinanceUsdmLoopback, USDM_KEY, USDM_SECRET } from '../src/trading/brokers/binance-usdm-loopback.contract.ts';
import { makeIntent } from '../src/trading/index.ts';

const ACCOUNT = '354937868';
const LIVE = ['mode=live', 'futures.enabled=true', 'futures.allowShort=true', 'futures.leverage=2'];

let dataDir: string;
let clock: ManualClock;
let venue: BinanceUsdmLoopback;
let baseUrl: string;
let store: DataManager;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'ets-perpetuals-'));
  clock = new ManualClock(Date.UTC(2024, 0, 1, 1));
  venue = new BinanceUsdmLoopback(clock, '10000');
  baseUrl = await venue.listen();
  store = await DataManager.open(dataDir, { clock, timer: systemTimer, world: { kind: 'real' } });
});
afterEach(async () => {
  await store.close();
  await venue.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const partsFor = (liveAccount: string, overrides: readonly string[] = []): AppParts => ({
  dataDir,
  config: loadConfig({ env: {}, overrides: [...LIVE, ...overrides] }),
  env: { ETS_BINANCE_API_KEY: USDM_KEY, ETS_BINANCE_API_SECRET: USDM_SECRET },
  clock,
  timer: systemTimer,
  budgets: new RequestBudgets(systemTimer),
  world: { kind: 'real' as const },
  isSimulated: false,
  dataSources: DataSourcesFile.none(),
  endpoints: undefined,
  // The spot host is asked for the account and the rights of the key; the loopback server answers both.
  urls: { binance: baseUrl, binanceUsdm: baseUrl },
  store,
  onProgress: () => undefined,
  signal: undefined,
  liveAccount,
});

const open = (account = ACCOUNT, overrides: readonly string[] = []) =>
  openTradingSession(partsFor(account, overrides), {
    mode: 'live',
    model: () => undefined,
    served: () => [],
    quote: async () => ({ priceUsd: money(venue.venue.priceUsd), atMs: clock.nowMs() }),
    cost: async () => ({ spreadBps: 1, slippageBps: 1 }),
  });

const short = (quantity: string) =>
  makeIntent({
    decisionId: `d${quantity}`,
    leg: 'entry',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'live',
    side: 'sell',
    reduceOnly: false,
    quantity: money(quantity),
    priceUsd: money(2000),
    filters: venue.perpetual.filters,
    nowMs: clock.nowMs(),
    validUntilMs: clock.nowMs() + HOUR_MS,
    reason: 'signal_sell',
    modelId: null,
  });

describe('perpetuals with real money', () => {
  it('are prepared, shorted, compared and flattened at the exchange', async () => {
    const session = await open();
    const { engine, route, noteSurroundings, settings } = session.cycle;
    expect([venue.marginType, venue.perpetual.leverage]).toEqual(['ISOLATED', 2]);
    expect(route.market().filters.minNotionalUsd.toFixed()).toBe('20');
    expect(settings.limits.futures).toMatchObject({ leverage: 2, allowShort: true });

    // Nothing is known of data and model: no rule of the gate is left out for a short.
    const [denied] = await route.settle(engine, [short('0.5')]);
    expect(denied).toMatchObject({ state: 'NOT_SENT', message: expect.stringMatching(/data_age.*model_skill/) });
    expect(venue.orders).toEqual([]);

    noteSurroundings({ dataAgeMs: 0, hasSkill: true, priceUsd: 2000 }, clock.nowMs());
    const outcomes = await route.settle(engine, [short('2')]);
    expect(outcomes).toMatchObject([{ state: 'FILLED', filledQuantity: '2' }]);
    expect(await route.check(engine)).toEqual({ kind: 'ready' });
    expect(Number(route.liquidation?.()?.priceUsd.toFixed())).toBeCloseTo(2988.05, 2);
    expect(route.liquidation?.()?.quantityEth.toFixed()).toBe('-2');

    clock.moveTo(clock.nowMs() + 8 * HOUR_MS);
    venue.perpetual.settleFunding('0.0001');
    venue.venue.priceUsd = '1900';
    expect(await sellEverything(session)).toMatchObject({ isFlat: true, positionEth: '0' });
    expect(venue.orders.at(-1)?.get('reduceOnly')).toBe('true');
    expect(await route.check(engine)).toEqual({ kind: 'ready' });
    expect(engine.ledger.walletUsd.toFixed()).toBe(venue.perpetual.walletUsd.toFixed());
    // 200 of the price, fees of 4 + 3.8, funding of 0.4.
    expect(engine.ledger.cashUsd.toFixed()).toBe('10192.6');
    await session.close();
  });

  it('need a key of the account that was named, which may trade them and not withdraw', async () => {
    await expect(open('1')).rejects.toMatchObject({ code: 'trade.live_other_account' });
    venue.mayTrade = false;
    await expect(open()).rejects.toMatchObject({ code: 'exchange.key_may_not_trade', hint: expect.stringContaining('Futures') });
    venue.mayTrade = true;
    venue.mayWithdraw = true;
    await expect(open()).rejects.toMatchObject({ code: 'exchange.key_may_withdraw' });
    expect(venue.marginType).toBe('CROSSED');
  });

  it('are refused in hedge mode', async () => {
    venue.isHedged = true;
    await expect(open()).rejects.toMatchObject({ code: 'futures.hedge_mode' });
  });

  it('are refused at other venues and in a sandbox, before anything is asked', async () => {
    const route = (mode: 'sandbox' | 'live', overrides: readonly string[] = []) =>
      openExchangeRoute(partsFor(ACCOUNT, overrides), mode, async () => undefined, { broken: undefined });
    await expect(open(ACCOUNT, ['exchange.venue=kraken'])).rejects.toMatchObject({ code: 'exchange.venue_not_live' });
    await expect(route('live', ['exchange.venue=kraken'])).rejects.toMatchObject({ code: 'futures.venue' });
    await expect(route('live', ['exchange.testnet=true'])).rejects.toMatchObject({ code: 'exchange.no_testnet' });
    await expect(route('sandbox')).rejects.toMatchObject({ code: 'futures.not_in_sandbox' });
    expect(venue.requests).toEqual([]);
  });
});
