import { describe, expect, it } from 'vitest';
import { DAY_MS, money } from '../../domain/index.ts';
import { Ledger } from '../ledger.ts';
import type { EquityPoint } from '../performance-log.ts';
import { makeIntent } from '../plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS } from '../symbol-filters.ts';
import { accountView, countOrdersSince } from './account-view.ts';

const NOW = 100 * DAY_MS;
const PRICE = money(2000);

const point = (daysAgo: number, equityUsd: number, transfersUsd = 10_000): EquityPoint => ({
  timeMs: NOW - daysAgo * DAY_MS,
  decisionId: String(daysAgo),
  equityUsd,
  cashUsd: equityUsd,
  positionEth: 0,
  priceUsd: 2000,
  exposure: 0,
  transfersUsd,
});

function ledgerWith(
  ...fills: { side: 'buy' | 'sell'; atMs: number; priceUsd: string; reason?: string; ends?: 'NOT_SENT' }[]
): Ledger {
  const ledger = new Ledger();
  ledger.apply({ type: 'transfer', atMs: 0, asset: 'USDT', amount: '10000', valueUsd: '10000', reason: 'capital' });
  for (const [i, { side, atMs, priceUsd, reason = 'test', ends }] of fills.entries()) {
    const intent = makeIntent({
      decisionId: `d${i}`,
      leg: side === 'buy' ? 'entry' : 'exit',
      attempt: 1,
      symbol: 'ETHUSDT',
      mode: 'paper',
      side,
      quantity: money(1),
      priceUsd: PRICE,
      filters: BINANCE_ETHUSDT_FILTERS,
      nowMs: atMs,
      validUntilMs: atMs,
      reason,
      modelId: null,
    });
    const { clientOrderId } = intent;
    ledger.apply({ type: 'order_planned', atMs, intent });
    if (ends) {
      ledger.apply({ type: 'order_state', atMs, clientOrderId, state: ends, venueOrderId: null, message: null });
      continue;
    }
    ledger.apply({ type: 'order_submitting', atMs, clientOrderId, sendBeforeMs: atMs });
    const common = { clientOrderId, side, quantity: '1', priceUsd, feeAmount: '0', feeAsset: 'USDT', feeUsd: '0' };
    ledger.apply({ type: 'fill', atMs, fill: { ...common, tradeId: String(i), executedAtMs: atMs } });
  }
  return ledger;
}

describe('accountView', () => {
  it('compares with the capital where there is no history', () => {
    const view = accountView(ledgerWith({ side: 'buy', atMs: NOW, priceUsd: '2500' }), PRICE, NOW, []);
    expect(view).toMatchObject({
      nowMs: NOW,
      equityUsd: 9_500,
      peakEquityUsd: 10_000,
      dayStartEquityUsd: 10_000,
      weekStartEquityUsd: 10_000,
      closedTrades: [],
    });
    expect(view.exposure).toBeCloseTo(2000 / 9500, 12);
  });

  it('takes the last equity a day and a week ago, the peak of all, and nothing from now on', () => {
    const history = [
      point(9, 10_700),
      point(7, 10_400),
      point(3, 11_000),
      point(1, 10_300),
      point(0.5, 10_200),
      point(0, 99_999),
    ];
    expect(accountView(ledgerWith(), PRICE, NOW, history)).toMatchObject({
      peakEquityUsd: 11_000,
      dayStartEquityUsd: 10_300,
      weekStartEquityUsd: 10_400,
    });
    expect(accountView(ledgerWith(), PRICE, NOW, [point(3, 9_000), point(0.5, 9_900)])).toMatchObject({
      peakEquityUsd: 10_000,
      dayStartEquityUsd: 9_000,
      weekStartEquityUsd: 9_000,
    });
  });

  it('takes money that came by hand for neither a gain nor the start of a loss', () => {
    const ledger = ledgerWith();
    ledger.apply({ type: 'transfer', atMs: NOW, asset: 'USDT', amount: '-5000', valueUsd: '-5000', reason: 'by hand' });
    expect(accountView(ledger, PRICE, NOW, [point(2, 10_000), point(1, 10_000)])).toMatchObject({
      equityUsd: 5_000,
      peakEquityUsd: 5_000,
      dayStartEquityUsd: 5_000,
      weekStartEquityUsd: 5_000,
    });
  });

  it('knows which closed trades were stopped and what they brought', () => {
    const ledger = ledgerWith(
      { side: 'buy', atMs: 1, priceUsd: '2000' },
      { side: 'sell', atMs: 2, priceUsd: '1900', reason: 'stop_loss' },
      { side: 'buy', atMs: 3, priceUsd: '2000' },
      { side: 'sell', atMs: 4, priceUsd: '2100', reason: 'trailing_stop' },
      { side: 'buy', atMs: 5, priceUsd: '2000' },
      { side: 'sell', atMs: 6, priceUsd: '2200', reason: 'signal_sell' },
    );
    expect(accountView(ledger, PRICE, NOW, []).closedTrades).toEqual([
      { exitTimeMs: 2, pnlUsd: -100, return: -0.05, reason: 'stop_loss', isStop: true },
      { exitTimeMs: 4, pnlUsd: 100, return: 0.05, reason: 'trailing_stop', isStop: true },
      { exitTimeMs: 6, pnlUsd: 200, return: 0.1, reason: 'signal_sell', isStop: false },
    ]);
  });

  it('counts the orders of today that were not given up', () => {
    const ledger = ledgerWith(
      { side: 'buy', atMs: NOW - 1, priceUsd: '2000' },
      { side: 'buy', atMs: NOW, priceUsd: '2000' },
      { side: 'buy', atMs: NOW + 1, priceUsd: '2000', ends: 'NOT_SENT' },
      { side: 'buy', atMs: NOW + 2, priceUsd: '2000' },
    );
    expect(accountView(ledger, PRICE, NOW + 5, []).ordersToday).toBe(2);
    expect(countOrdersSince(ledger, NOW - 1)).toBe(3);
    expect(countOrdersSince(ledger, NOW + 3)).toBe(0);
    // A stop carries the time of the candle that reached it, which may be yesterday's.
    const dated = ledgerWith(
      { side: 'buy', atMs: NOW, priceUsd: '2000' },
      { side: 'sell', atMs: NOW - 5, priceUsd: '1900' },
      { side: 'buy', atMs: NOW + 1, priceUsd: '1900' },
      { side: 'sell', atMs: NOW - 2, priceUsd: '1900' },
    );
    expect(countOrdersSince(dated, NOW)).toBe(2);
    const [first] = dated.orders.values();
    const inList = { ...first!.intent, clientOrderId: 'stop', listClientOrderId: 'list' };
    dated.apply({ type: 'order_planned', atMs: NOW, intent: inList });
    expect(countOrdersSince(dated, NOW)).toBe(2);
  });
});
