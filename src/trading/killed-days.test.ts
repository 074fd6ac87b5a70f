import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { BinanceLoopback } from './brokers/binance-loopback.contract.ts';
import type { Sending, SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { CRASH_POINTS, type CrashPoint } from './crash-point.ts';
import { readDecisionLog } from './decision-log.ts';
import { readJournal } from './journal/file-journal.ts';
import { DAYS, liveThroughDays, START } from './killed-days.contract.ts';
import { Ledger } from './ledger.ts';
import { reservedQuantity } from './order-list.ts';
import { isTerminal } from './order-state.ts';

/** `ETS_TEST_KILLS=all` runs every point with every fault; the default takes one fault for each point in turn. */
const FAULTS: readonly Sending[] = ['part', 'taken-timeout', 'late', 'lagging', 'rest', 'lost', 'fill'];
const NEEDS_OPEN_ORDER: readonly CrashPoint[] = ['order.before_cancel', 'order.after_cancel'];
/** Reached where something was bought, so that there is something to protect. */
const NEEDS_POSITION: readonly CrashPoint[] = ['list.before_send', 'list.after_send', 'list.before_cancel', 'list.after_cancel'];
/** Faults after which the last days still hold a position at the exchange and in the journal. */
const BUYS: readonly Sending[] = ['part', 'taken-timeout', 'lagging', 'fill'];

const combinations = CRASH_POINTS.flatMap((point, i) => {
  const faults = NEEDS_OPEN_ORDER.includes(point)
    ? FAULTS.filter((fault) => ['part', 'rest', 'lagging', 'taken-timeout'].includes(fault))
    : FAULTS;
  const bought = NEEDS_POSITION.includes(point) ? faults.filter((fault) => BUYS.includes(fault)) : faults;
  const possible = point.endsWith('lookup') ? bought.filter((fault) => fault !== 'fill') : bought;
  const chosen = process.env.ETS_TEST_KILLS === 'all' ? possible : [possible[i % possible.length]!];
  return chosen.flatMap((fault) =>
    [1, 2].map((occurrence) => [point, fault, occurrence] as const).slice(0, process.env.ETS_TEST_KILLS === 'all' ? 2 : 1),
  );
});

/** Runs the days in a process of their own that dies at the point; resolves to the signal that ended it. */
const runAndDie = (
  folder: string,
  baseUrl: string,
  point: CrashPoint,
  occurrence: number,
): Promise<{ signal: string | null; output: string }> => {
  const module = new URL('./killed-days.contract.ts', import.meta.url).href;
  const script = `
    const { dieAt, liveThroughDays } = await import(${JSON.stringify(module)});
    await liveThroughDays(${JSON.stringify(folder)}, ${JSON.stringify(baseUrl)}, ${START}, dieAt(${JSON.stringify(point)}, ${occurrence}));
    process.exit(0);`;
  return new Promise((resolve) => {
    let output = '';
    const child = execFile(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
    child.stderr?.on('data', (text: string) => {
      output += text;
    });
    child.on('exit', (_code, signal) => resolve({ signal, output }));
  });
};

const isOpenAtVenue = ({ state }: SimulatedVenue['orders'][number]): boolean =>
  state === 'ACCEPTED' || state === 'PARTIALLY_FILLED';

describe('the order path, killed', () => {
  it.concurrent.each(combinations)(
    'at %s while orders meet "%s" (time %i) neither loses nor repeats one',
    async (point, fault, occurrence) => {
      const folder = mkdtempSync(join(tmpdir(), 'ets-killed-'));
      const clock = new ManualClock(START);
      const server = new BinanceLoopback(clock, '10000');
      const baseUrl = await server.listen();
      try {
        server.venue.sending = fault;
        const { signal, output } = await runAndDie(folder, baseUrl, point, occurrence);
        expect(output).toBe('');
        expect(signal).toBe('SIGKILL');

        const engine = await liveThroughDays(folder, baseUrl, clock.nowMs(), () => undefined);
        const lists = server.venue.lists.filter(({ orders }) => orders.some(isOpenAtVenue));
        expect(lists.length).toBeLessThanOrEqual(1);
        for (const order of lists.flatMap(({ orders }) => orders).filter(isOpenAtVenue))
          expect(isTerminal(engine.ledger.order(order.intent.clientOrderId).state)).toBe(false);
        expect(reservedQuantity(engine.ledger).lte(engine.ledger.balance('ETH'))).toBe(true);
        clock.moveTo((engine.waitingForMs() ?? START) + 60_000);
        await engine.close();
        server.venue.expireRest();
        const last = await liveThroughDays(folder, baseUrl, clock.nowMs(), () => undefined);
        if (fault !== 'lost' && fault !== 'late') {
          const protectedEth = server.venue.openList()?.orders[0]?.intent.quantity ?? '0';
          expect(protectedEth).toBe(last.ledger.balance('ETH').toFixed());
        }
        server.venue.expireRest();
        await last.refresh();
        await last.close();

        const ledger = new Ledger();
        for (const { record } of (await readJournal(join(folder, 'journal'))).entries) ledger.apply(record);
        const { venue } = server;
        const ids = venue.orders.map(({ intent }) => intent.clientOrderId);
        expect(new Set(ids).size).toBe(ids.length);
        for (const order of venue.orders)
          expect(ledger.order(order.intent.clientOrderId).filledQuantity.toFixed()).toBe(order.executed.toFixed());
        const open = [...ledger.orders.values()].filter(({ state }) => !isTerminal(state));
        expect(open.map(({ intent, state }) => [intent.attempt, state])).toEqual(
          fault === 'lost' || fault === 'late' ? expect.anything() : [],
        );
        for (const order of ledger.orders.values()) {
          if (isTerminal(order.state) && !ids.includes(order.intent.clientOrderId))
            expect(['REJECTED', 'NOT_SENT', 'NOT_FOUND']).toContain(order.state);
        }
        for (const asset of ['ETH', 'USDT'])
          expect(ledger.balance(asset).toFixed()).toBe((venue.balances.get(asset) ?? money(0)).toFixed());
        const traded = new Map<string, number>();
        for (const { intent, filledQuantity } of ledger.orders.values())
          traded.set(intent.decisionId, (traded.get(intent.decisionId) ?? 0) + Number(filledQuantity));
        for (const { intent } of ledger.orders.values()) {
          const isOwn = intent.listClientOrderId === undefined;
          if (isOwn && intent.attempt === 1) expect(traded.get(intent.decisionId)).toBeLessThanOrEqual(Number(intent.quantity));
        }
        const decided = await readDecisionLog(join(folder, 'decisions.ndjson'));
        expect(new Set(decided.map(({ decisionId }) => decisionId)).size).toBe(DAYS);
        expect(decided).toHaveLength(DAYS);
        expect(ledger.decisionIds.size).toBe(DAYS);
      } finally {
        await server.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
