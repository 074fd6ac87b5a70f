import { describe, expect, it } from 'vitest';
import { DAY_MS, ExchangeError, HOUR_MS, ManualClock, money } from '../domain/index.ts';
import {
  BINANCE_ETHUSDT_FILTERS,
  type BookCost,
  createOrderGate,
  DEFAULT_RISK_LIMITS,
  Ledger,
  makeIntent,
  type Quote,
  type SymbolMarket,
  type TradingMode,
} from '../trading/index.ts';
import { RiskSurroundings, type Surroundings, type SurroundingsSource } from './risk-surroundings.ts';

const T = 100 * DAY_MS;
const decided: Surroundings = { dataAgeMs: HOUR_MS, confidence: 0.6, priceUsd: 2000, secondPriceUsd: 2000, spreadBps: 1 };

interface World {
  readonly mode?: TradingMode;
  readonly quote?: Quote | undefined;
  readonly cost?: BookCost | undefined;
  readonly market?: SymbolMarket | ExchangeError;
}

const trading: SymbolMarket = { filters: BINANCE_ETHUSDT_FILTERS, status: 'trading' };

const purchase = (mode: TradingMode, reason: string) =>
  makeIntent({
    decisionId: 'd',
    leg: 'entry',
    attempt: 2,
    symbol: 'ETHUSDT',
    mode,
    side: 'buy',
    quantity: money(1),
    priceUsd: money(2000),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs: T,
    validUntilMs: T + HOUR_MS,
    reason,
    modelId: null,
  });

/** @param noted what the decision was made from; null as after a restart, before anything was decided */
function desk(world: World = {}, noted: Surroundings | null = decided, reason = 'signal_buy') {
  const clock = new ManualClock(T);
  const { mode = 'live', market = trading } = world;
  const source: SurroundingsSource = {
    mode,
    clock,
    model: () => undefined,
    market: async () => {
      if (market instanceof ExchangeError) throw market;
      return market;
    },
    quote: async () => ('quote' in world ? world.quote : { priceUsd: money(2010), atMs: T }),
    cost: async () => ('cost' in world ? world.cost : { spreadBps: 2, slippageBps: 3 }),
  };
  const surroundings = new RiskSurroundings(source);
  if (noted) surroundings.note(noted, T);
  clock.moveTo(T + 60_000);
  const intent = purchase(mode, reason);
  const ledger = new Ledger();
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
  const gate = createOrderGate({
    limits: DEFAULT_RISK_LIMITS,
    feeBps: 10,
    isHalted: () => false,
    history: () => [],
    context: (one) => surroundings.now(one),
  });
  return { now: () => surroundings.now(intent), denials: async () => (await gate(intent, ledger)).map(({ rule }) => rule) };
}

describe('what surrounds a later attempt of an order at an exchange', () => {
  it('is asked for again, and what the decision was made from is older by now', async () => {
    const { now, denials } = desk();
    expect(await now()).toMatchObject({
      dataAgeMs: HOUR_MS + 60_000,
      confidence: 0.6,
      priceUsd: 2010,
      isExchangeUp: true,
      marketStatus: 'trading',
      spreadBps: 2,
      slippageBps: 3,
    });
    expect(await denials()).toEqual([]);
  });

  const down = new ExchangeError('exchange.request_failed', 'no answer');
  const gone = new ExchangeError('exchange.symbol_not_trading', 'ETHUSDT does not trade there');
  it.each<[string, World, Surroundings | null, string[]]>([
    ['a market that halted meanwhile', { market: { ...trading, status: 'halted' } }, decided, ['exchange_status']],
    ['a market that is gone', { market: gone }, decided, ['exchange_status']],
    ['an exchange that went away', { market: down }, decided, ['exchange_status']],
    ['a price that left the stored one', { quote: { priceUsd: money(3000), atMs: T } }, decided, ['price_sanity']],
    ['no price', { quote: undefined }, decided, ['price_sanity']],
    ['a book that became thin', { cost: { spreadBps: 1, slippageBps: 500 } }, decided, ['slippage_bps']],
    ['no book', { cost: undefined }, decided, ['spread_bps', 'slippage_bps']],
    ['no book in a sandbox', { mode: 'sandbox', cost: undefined }, decided, []],
    ['no price in a sandbox', { mode: 'sandbox', quote: undefined }, decided, []],
    ['data that became too old', {}, { ...decided, dataAgeMs: 3 * DAY_MS }, ['data_age']],
    ['a decision that nobody knows', {}, null, ['data_age']],
  ])('denies it, or not, with real money unless told: %s', async (_name, world, noted, rules) => {
    expect(await desk(world, noted).denials()).toEqual(rules);
  });

  it('has no data and no model where somebody placed the order by hand, and a market and a book all the same', async () => {
    expect(await desk({}, null, 'adopted').denials()).toEqual([]);
    expect(await desk({ market: down }, null, 'adopted').denials()).toEqual(['exchange_status']);
  });
});

it('tells a market that is gone from an exchange that is down', async () => {
  const gone = new ExchangeError('exchange.symbol_not_trading', 'ETHUSDT does not trade there');
  expect(await desk({ market: gone }).now()).toMatchObject({ isExchangeUp: true, marketStatus: 'delisted' });
  const down = new ExchangeError('exchange.request_failed', 'no answer');
  expect(await desk({ market: down }).now()).toMatchObject({ isExchangeUp: false });
});

describe('what surrounds a simulated order', () => {
  it('is what its decision looked at', async () => {
    const surroundings = new RiskSurroundings();
    surroundings.note(decided, T);
    expect(await surroundings.now(purchase('paper', 'signal_buy'))).toEqual(decided);
  });
});
