import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng, HOUR_MS, ManualClock, money } from '../domain/index.ts';
import { BinanceLoopback } from './brokers/binance-loopback.contract.ts';
import { SENDING, type Sending, type SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import { CRASH_POINTS, type CrashPoint } from './crash-point.ts';
import { readDecisionLog } from './decision-log.ts';
import { readJournal } from './journal/file-journal.ts';
import { DAYS, liveThroughDays, openEngine, START } from './killed-days.contract.ts';
import { Ledger } from './ledger.ts';
import { reservedQuantity } from './order-list.ts';
import { isTerminal } from './order-state.ts';
import type { TradingEngine } from './trading-engine.ts';

/**
 * How a run comes to its end.
 * kill: SIGKILL. disk_full: the write fails with ENOSPC, and the process ends. outage: SIGKILL, and the exchange does not
 * answer for the hour after it.
 */
export const ENDINGS = ['kill', 'disk_full', 'outage'] as const;
export type Ending = (typeof ENDINGS)[number];

/** One cell of the matrix. */
export interface KillCase {
  readonly point: CrashPoint;
  readonly fault: Sending;
  readonly ending: Ending;
  /** 1 and 2: at the first and second time; above: at a random one, while every order meets a random fault. */
  readonly seed: number;
}

/** What a case came to. The lists name what is wrong. */
export interface KillResult {
  /** Whether the run came to the point; a random occurrence may lie behind the end of the run. */
  readonly wasKilled: boolean;
  readonly orders: number;
  /** At the exchange, and not so in the journal. */
  readonly lost: readonly string[];
  /** Sent twice, or traded more than the decision wanted. */
  readonly doubled: readonly string[];
  /** Anything else that should not be. */
  readonly wrong: readonly string[];
}

const FAULTS: readonly Sending[] = ['part', 'taken-timeout', 'late', 'lagging', 'rest', 'lost', 'fill'];
const LEAVES_OPEN: readonly Sending[] = ['part', 'rest', 'lagging', 'taken-timeout'];
/** Reached where something was bought, so that there is something to protect. */
const NEEDS_POSITION: readonly CrashPoint[] = ['list.before_send', 'list.after_send', 'list.before_cancel', 'list.after_cancel'];
/** Faults after which the last days still hold a position at the exchange and in the journal. */
const BUYS: readonly Sending[] = ['part', 'taken-timeout', 'lagging', 'fill'];
const WRITES: readonly CrashPoint[] = ['decision.before_write', 'journal.before_write', 'journal.after_write'];
const FIXED_SEEDS = 2;
const MAX_OCCURRENCE = 6;
const SCRIPTED_ORDERS = 12;
const FINAL_LOOKS = 4;

/** Faults with which a run comes to the point for certain. */
const faultsAt = (point: CrashPoint): readonly Sending[] => {
  if (NEEDS_POSITION.includes(point)) return FAULTS.filter((fault) => BUYS.includes(fault));
  if (point.endsWith('cancel')) return FAULTS.filter((fault) => LEAVES_OPEN.includes(fault));
  return point.endsWith('lookup') ? FAULTS.filter((fault) => fault !== 'fill') : FAULTS;
};

/** Whether the days come to the point so often: a pair is cancelled once where what is left of it cannot be sold. */
const isCertain = (point: CrashPoint, seed: number): boolean =>
  seed === 1 || (seed <= FIXED_SEEDS && !(point.startsWith('list.') && point.endsWith('cancel')));

/** Every point once, each with another fault. */
export const shortMatrix = (): KillCase[] =>
  CRASH_POINTS.map((point, i) => {
    const faults = faultsAt(point);
    return { point, fault: faults[i % faults.length]!, ending: 'kill', seed: 1 };
  });

/** Every point with every fault, every ending and so many seeds. */
export const fullMatrix = (seeds: number): KillCase[] =>
  CRASH_POINTS.flatMap((point) =>
    faultsAt(point).flatMap((fault) =>
      ENDINGS.filter((ending) => ending !== 'disk_full' || WRITES.includes(point)).flatMap((ending) =>
        Array.from({ length: seeds }, (_, i): KillCase => ({ point, fault, ending, seed: i + 1 })),
      ),
    ),
  );

/** Runs the days in a process that ends at the point, then goes on with them until everything is settled, and compares. */
export async function runKillCase({ point, fault, ending, seed }: KillCase): Promise<KillResult> {
  const folder = mkdtempSync(join(tmpdir(), 'ets-killed-'));
  const clock = new ManualClock(START);
  const server = new BinanceLoopback(clock, '10000');
  const { venue } = server;
  const baseUrl = await server.listen();
  const rng = createRng(seed);
  const isRandom = seed > FIXED_SEEDS;
  const occurrence = isRandom ? 1 + Math.floor(rng() * MAX_OCCURRENCE) : seed;
  const faults: Sending[] = [fault];
  if (isRandom) for (let i = 0; i < SCRIPTED_ORDERS; i++) faults.push(SENDING[Math.floor(rng() * SENDING.length)]!);
  try {
    venue.sending = fault;
    venue.upcoming.push(...(isRandom ? faults : []));
    const { signal, output } = await runAndEnd(folder, baseUrl, point, occurrence, ending);
    const isFull = ending === 'disk_full';
    const wasKilled = isFull ? /ENOSPC/.test(output) : signal === 'SIGKILL';
    const wrong = isFull || output === '' ? [] : [output];
    if (!wasKilled && isCertain(point, seed)) wrong.push(`the run ended with ${signal} before it came to ${point}`);
    if (ending === 'outage') await sitOutHour(venue, clock, folder, baseUrl);

    const engine = await liveThroughDays(folder, baseUrl, clock.nowMs(), () => undefined);
    wrong.push(...wrongProtection(venue, engine));
    clock.moveTo((engine.waitingForMs() ?? clock.nowMs()) + 60_000);
    await engine.close();
    venue.expireRest();
    const last = await liveThroughDays(folder, baseUrl, clock.nowMs(), () => undefined);
    const isHeld = !faults.includes('lost') && !faults.includes('late') && !isRandom;
    if (isHeld) wrong.push(...unprotected(venue, last));
    await last.close();
    await settle(folder, baseUrl, venue, clock);
    return { wasKilled, orders: venue.orders.length, ...(await compare(folder, venue, wrong)) };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The exchange is away for an hour; the daemon is started in the middle of it and finds nobody. */
async function sitOutHour(venue: SimulatedVenue, clock: ManualClock, folder: string, baseUrl: string): Promise<void> {
  venue.isDown = true;
  clock.moveTo(clock.nowMs() + HOUR_MS / 2);
  await (await liveThroughDays(folder, baseUrl, clock.nowMs(), () => undefined)).close();
  clock.moveTo(clock.nowMs() + HOUR_MS / 2);
  venue.isDown = false;
}

/** What is late arrives at one of the next looks or never, and is ended: after these every outcome has to be known. */
async function settle(folder: string, baseUrl: string, venue: SimulatedVenue, clock: ManualClock): Promise<void> {
  const engine = await openEngine(folder, baseUrl, clock);
  for (let look = 0; look < FINAL_LOOKS; look++) {
    await engine.refresh();
    venue.expireRest();
  }
  clock.moveTo((engine.waitingForMs() ?? clock.nowMs()) + 60_000);
  await engine.refresh();
  await engine.close();
}

const isOpenAtVenue = ({ state }: SimulatedVenue['orders'][number]): boolean =>
  state === 'ACCEPTED' || state === 'PARTIALLY_FILLED';

/** There is one protective pair at most, the journal knows it, and it sells no more than is held. */
function wrongProtection({ lists }: SimulatedVenue, { ledger }: TradingEngine): string[] {
  const open = lists.filter(({ orders }) => orders.some(isOpenAtVenue));
  const wrong = open.length > 1 ? [`${open.length} protective pairs are open`] : [];
  for (const { intent } of open.flatMap(({ orders }) => orders).filter(isOpenAtVenue))
    if (isTerminal(ledger.order(intent.clientOrderId).state)) wrong.push(`${intent.clientOrderId} is open at the exchange alone`);
  if (reservedQuantity(ledger).gt(ledger.balance('ETH'))) wrong.push('protective orders sell more than is held');
  return wrong;
}

/** What is held is what the open pair at the exchange sells. */
function unprotected(venue: SimulatedVenue, { ledger }: TradingEngine): string[] {
  const protectedEth = venue.openList()?.orders[0]?.intent.quantity ?? '0';
  const held = ledger.balance('ETH').toFixed();
  return protectedEth === held ? [] : [`${held} ETH are held, ${protectedEth} protected`];
}

async function compare(folder: string, venue: SimulatedVenue, wrong: string[]) {
  const ledger = new Ledger();
  for (const { record } of (await readJournal(join(folder, 'journal'))).entries) ledger.apply(record);
  const lost: string[] = [];
  const doubled: string[] = [];
  const ids = new Set<string>();
  for (const { intent, executed } of venue.orders) {
    const id = intent.clientOrderId;
    if (ids.has(id)) doubled.push(`${id} is twice at the exchange`);
    ids.add(id);
    const booked = ledger.orders.get(id)?.filledQuantity.toFixed() ?? 'nothing';
    if (booked !== executed.toFixed()) lost.push(`${id}: ${executed.toFixed()} executed, ${booked} booked`);
  }
  const traded = new Map<string, number>();
  for (const { intent, filledQuantity, state } of ledger.orders.values()) {
    traded.set(intent.decisionId, (traded.get(intent.decisionId) ?? 0) + Number(filledQuantity));
    const isThere = ids.has(intent.clientOrderId);
    if (isTerminal(state) && !isThere && !['REJECTED', 'NOT_SENT', 'NOT_FOUND'].includes(state))
      wrong.push(`${intent.clientOrderId} is ${state}, and not at the exchange`);
    if (!isTerminal(state)) wrong.push(`${intent.clientOrderId} stays ${state}`);
  }
  for (const { intent } of ledger.orders.values()) {
    const sum = traded.get(intent.decisionId) ?? 0;
    const isOwn = intent.listClientOrderId === undefined;
    if (isOwn && intent.attempt === 1 && sum > Number(intent.quantity)) doubled.push(`${intent.decisionId} traded ${sum}`);
  }
  for (const asset of ['ETH', 'USDT']) {
    const there = (venue.balances.get(asset) ?? money(0)).toFixed();
    const here = ledger.balance(asset).toFixed();
    if (here !== there) lost.push(`${asset}: ${there} at the exchange, ${here} in the journal`);
  }
  const decided = await readDecisionLog(join(folder, 'decisions.ndjson'));
  const days = new Set(decided.map(({ decisionId }) => decisionId)).size;
  if (decided.length !== DAYS || days !== DAYS || ledger.decisionIds.size !== DAYS)
    wrong.push(`${decided.length} decisions of ${days} days are recorded, ${ledger.decisionIds.size} in the journal`);
  return { lost, doubled, wrong };
}

/** Runs the days in a process of their own that ends at the point; resolves to the signal that ended it. */
function runAndEnd(
  folder: string,
  baseUrl: string,
  point: CrashPoint,
  occurrence: number,
  ending: Ending,
): Promise<{ readonly signal: string | null; readonly output: string }> {
  const module = new URL('./killed-days.contract.ts', import.meta.url).href;
  const hook = ending === 'disk_full' ? 'fullAt' : 'dieAt';
  const script = `
    const { ${hook}, liveThroughDays } = await import(${JSON.stringify(module)});
    await liveThroughDays(${JSON.stringify(folder)}, ${JSON.stringify(baseUrl)}, ${START}, ${hook}(${JSON.stringify(point)}, ${occurrence}));
    process.exit(0);`;
  return new Promise((resolve) => {
    let output = '';
    const child = execFile(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script]);
    child.stderr?.on('data', (text: string) => {
      output += text;
    });
    child.on('close', (_code, signal) => resolve({ signal, output }));
  });
}
