import { ManualClock, money, type TimeMs } from '../domain/index.ts';
import { SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { readAll } from './journal/journal.contract.ts';
import type { JournalRecord } from './journal/journal-record.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import type { OrderIntent } from './order.ts';
import type { OrderListIntent } from './order-list.ts';
import { makeIntent } from './plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS } from './symbol-filters.ts';
import { TradingEngine, type TradingEngineOptions } from './trading-engine.ts';

/** When desks open. */
export const DESK_START = 1_700_000_000_000;

/** A market order of one Ether at 2000, planned at `nowMs`; `id` names its decision. */
export const orderAt = (nowMs: TimeMs, validForMs: number, id = 'd', side: 'buy' | 'sell' = 'buy'): OrderIntent =>
  makeIntent({
    decisionId: id,
    leg: side === 'buy' ? 'entry' : 'exit',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    side,
    quantity: money(1),
    priceUsd: money(2000),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs,
    validUntilMs: nowMs + validForMs,
    reason: 'test',
    modelId: null,
  });

/** An order as desks open with, valid for a minute. */
export const orderOf = (id: string, side: 'buy' | 'sell', more: Partial<OrderIntent> = {}): OrderIntent => ({
  ...orderAt(DESK_START, 60_000, id, side),
  ...more,
});

/** A stop and a target for one Ether, as one list. */
export function pairOf(id: string, more: { readonly stop?: Partial<OrderIntent>; readonly target?: Partial<OrderIntent> } = {}) {
  const listClientOrderId = `list-${id}`;
  const common = { listClientOrderId, clientOrderId: `stop-${id}` };
  const stop = orderOf(id, 'sell', { ...common, leg: 'stop_on_exchange', type: 'stop', stopPriceUsd: '1800', ...more.stop });
  const target = orderOf(id, 'sell', {
    ...common,
    clientOrderId: `target-${id}`,
    leg: 'target_on_exchange',
    type: 'limit',
    limitPriceUsd: '2400',
    postOnly: true,
    ...more.target,
  });
  return { listClientOrderId, symbol: 'ETHUSDT', stop, target } satisfies OrderListIntent;
}

/** An engine on a simulated exchange, with everything a test wants to reach. */
export async function openDesk(more: Partial<TradingEngineOptions> = {}) {
  const clock = new ManualClock(DESK_START);
  const venue = new SimulatedVenue(clock, '10000');
  const journal = more.journal ?? new MemoryJournal();
  const open = () =>
    TradingEngine.open({ journal, clock, connect: () => venue.connect(), gate: () => [], capitalUsd: '10000', ...more });
  /** What the journal holds after its first record, the capital. */
  const records = async (): Promise<JournalRecord[]> => (await readAll(journal)).slice(1).map(({ record }) => record);
  return { clock, venue, journal, open, records, engine: await open() };
}
