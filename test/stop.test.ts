import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DRILL_TIMEOUT_MS, Drill, preparedData } from './drills/drill.fixture.ts';

/** What SIGTERM may take, in process time. */
const STOP_MS = 10_000;

let base: Awaited<ReturnType<typeof preparedData>>;
let drill: Drill;
beforeAll(async () => {
  base = await preparedData({ train: true });
}, DRILL_TIMEOUT_MS);
afterAll(() => base.close());
beforeEach(async () => {
  drill = await Drill.open({ speed: 0, from: base.folder });
});
afterEach(() => drill.close());

interface VenueOrder {
  readonly clientOrderId: string;
  readonly executedQuantity: string;
}
const ordersAtVenue = async (): Promise<VenueOrder[]> =>
  ((await (await fetch(`${drill.sandbox.urls.control}/ledger`)).json()) as { orders: VenueOrder[] }).orders;

async function stopped(running: ReturnType<Drill['launch']>): Promise<number> {
  const begunMs = performance.now();
  // 4: the exchange did not answer in time, and nothing more was waited for.
  expect([0, 4]).toContain((await drill.stop(running)).code);
  return performance.now() - begunMs;
}

describe('SIGTERM', () => {
  it.each(['accept-then-timeout', 'partial-fill'])(
    'while an order meets %s: ends in time, and the next start knows what became of it',
    { timeout: DRILL_TIMEOUT_MS },
    async (fault) => {
      await drill.faults(`binance:${fault}`);
      const running = drill.launch('run');
      expect(await running.ready).not.toBeNull();
      await expect.poll(async () => (await ordersAtVenue()).length, { timeout: 120_000, interval: 10 }).toBeGreaterThan(0);
      await drill.faults(`binance:${fault}`, 'binance:hang');
      expect(await stopped(running)).toBeLessThan(STOP_MS);
      await drill.faults();
      expect(await drill.ets('run', '--days', `${drill.decisions().length}`)).toMatchObject({ code: 0 });
      const journal = (await drill.ets('journal')).json as { orders: { clientOrderId: string; filledQuantity: string }[] };
      const known = new Map(journal.orders.map((order) => [order.clientOrderId, order]));
      const there = await ordersAtVenue();
      expect(new Set(there.map(({ clientOrderId }) => clientOrderId)).size).toBe(there.length);
      for (const order of there)
        expect(Number(known.get(order.clientOrderId)?.filledQuantity), order.clientOrderId).toBeCloseTo(
          Number(order.executedQuantity),
          9,
        );
    },
  );
});
