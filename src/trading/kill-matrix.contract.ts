import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng, HOUR_MS, ManualClock, money, type Rng } from '../domain/index.ts';
import { BinanceLoopback } from './brokers/binance-loopback.contract.ts';
import { FaultyLine } from './brokers/faulty-line.contract.ts';
import { SENDING, type Sending, type SimulatedVenue } from './brokers/simulated-venue.contract.ts';
import type { CrashPoint } from './crash-point.ts';
import { readDecisionLog } from './decision-log.ts';
import { compareEquity } from './equity-point.ts';
import { HaltSwitch } from './halt-switch.ts';
import { readJournal } from './journal/file-journal.ts';
import { type Ending, HOLDS, isCertain, isLineFault, type KillCase, sendingOf } from './kill-cases.contract.ts';
import { DAYS, filesOf, liveThroughDays, openEngine, type Run, START } from './killed-days.contract.ts';
import { Ledger } from './ledger.ts';
import { reservedQuantity } from './order-list.ts';
import { isTerminal } from './order-state.ts';
import { readPerformanceLog } from './performance-log.ts';
import type { TradingEngine } from './trading-engine.ts';

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

const FIXED_SEEDS = 2;
const MAX_OCCURRENCE = 6;
const SCRIPTED_ORDERS = 12;
const FINAL_LOOKS = 4;
/** After so long a reply that never comes is given up. */
const HANG_MS = 400;

/** Runs the days in a process that ends at the point, then goes on with them until everything is settled, and compares. */
export async function runKillCase(one: KillCase): Promise<KillResult> {
  const { point, fault, ending, seed } = one;
  const folder = mkdtempSync(join(tmpdir(), 'ets-killed-'));
  const clock = new ManualClock(START);
  const server = new BinanceLoopback(clock, '10000');
  const { venue } = server;
  const line = new FaultyLine(await server.listen());
  const run = { folder, baseUrl: await line.listen(), hasDuplicateEvents: fault === 'duplicate-events' };
  const live = () => {
    const requestTimeoutMs = line.fault === 'hang' ? HANG_MS : undefined;
    return liveThroughDays({ ...run, requestTimeoutMs, nowMs: clock.nowMs() });
  };
  const rng = createRng(seed);
  const isRandom = seed > FIXED_SEEDS;
  const occurrence = isRandom ? 1 + Math.floor(rng() * MAX_OCCURRENCE) : seed;
  const scripted: Sending[] = isRandom ? Array.from({ length: SCRIPTED_ORDERS }, () => pick(rng, SENDING)) : [];
  try {
    line.fault = isLineFault(fault) ? fault : undefined;
    venue.sending = sendingOf(fault);
    venue.upcoming.push(...scripted);
    const { signal, output } = await runAndEnd(
      { ...run, nowMs: START, ...(fault === 'hang' && { requestTimeoutMs: HANG_MS }) },
      point,
      occurrence,
      ending,
    );
    const isFull = ending === 'disk_full';
    const wasKilled = isFull ? /ENOSPC/.test(output) : signal === 'SIGKILL';
    const wrong = isFull || output === '' ? [] : [output];
    if (!wasKilled && isCertain(one)) wrong.push(`the run ended with ${signal} before it came to ${point}`);
    if (ending === 'outage') await sitOutHour(venue, clock, live);

    const engine = await live();
    wrong.push(...wrongProtection(venue, engine));
    clock.moveTo((engine.waitingForMs() ?? clock.nowMs()) + 60_000);
    await engine.close();
    venue.expireRest();
    line.fault = undefined;
    const last = await live();
    if (HOLDS.includes(fault) && !isRandom) wrong.push(...unprotected(venue, last));
    wrong.push(...(await wrongFiles(folder, last)));
    await last.close();
    await settle(run, venue, clock);
    return { wasKilled, orders: venue.orders.length, ...(await compare(folder, venue, wrong)) };
  } finally {
    await line.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const pick = <Value>(rng: Rng, values: readonly Value[]): Value => values[Math.floor(rng() * values.length)]!;

/** The exchange is away for an hour; the daemon is started in the middle of it and finds nobody. */
async function sitOutHour(venue: SimulatedVenue, clock: ManualClock, live: () => Promise<TradingEngine>): Promise<void> {
  venue.isDown = true;
  clock.moveTo(clock.nowMs() + HOUR_MS / 2);
  await (await live()).close();
  clock.moveTo(clock.nowMs() + HOUR_MS / 2);
  venue.isDown = false;
}

/** What is late arrives at one of the next looks or never, and is ended: after these every outcome has to be known. */
async function settle(run: Omit<Run, 'nowMs'>, venue: SimulatedVenue, clock: ManualClock): Promise<void> {
  const engine = await openEngine({ ...run, nowMs: clock.nowMs() });
  for (let look = 0; look < FINAL_LOOKS; look++) {
    await engine.refresh();
    venue.expireRest();
  }
  await engine.close();
  clock.moveTo((engine.waitingForMs() ?? clock.nowMs()) + 60_000);
  const last = await openEngine({ ...run, nowMs: clock.nowMs() });
  await last.refresh();
  await last.close();
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

/** Nothing halted that had no reason to, and the files beside the journal say what it says. */
async function wrongFiles(folder: string, { ledger }: TradingEngine): Promise<string[]> {
  const files = filesOf(folder);
  const wrong: string[] = [];
  const halt = await new HaltSwitch(files.halt).current();
  if (halt !== undefined) wrong.push(`trading is halted by ${halt.by}: ${halt.why}`);
  const { missing, differing } = compareEquity(ledger.equityPoints, await readPerformanceLog(files.performance));
  if (missing.length + differing.length > 0 || ledger.equityPoints.length !== DAYS)
    wrong.push(`${ledger.equityPoints.length} days of equity, ${missing.length} missing, ${differing.length} differing`);
  const history: readonly unknown[] = JSON.parse(await readFile(files.history, 'utf8'));
  if (history.length !== ledger.closedTrades.length + Number(ledger.openTrade !== null))
    wrong.push(`${history.length} trades in the history`);
  return wrong;
}

async function compare(folder: string, venue: SimulatedVenue, wrong: string[]) {
  const ledger = new Ledger();
  for (const { record } of (await readJournal(filesOf(folder).journal)).entries) ledger.apply(record);
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
  const decided = await readDecisionLog(filesOf(folder).decisions);
  const days = new Set(decided.map(({ decisionId }) => decisionId)).size;
  if (decided.length !== DAYS || days !== DAYS || ledger.decisionIds.size !== DAYS)
    wrong.push(`${decided.length} decisions of ${days} days are recorded, ${ledger.decisionIds.size} in the journal`);
  return { lost, doubled, wrong };
}

/** Runs the days in a process of their own that ends at the point; resolves to the signal that ended it. */
function runAndEnd(
  run: Run,
  point: CrashPoint,
  occurrence: number,
  ending: Ending,
): Promise<{ readonly signal: string | null; readonly output: string }> {
  const module = new URL('./killed-days.contract.ts', import.meta.url).href;
  const hook = ending === 'disk_full' ? 'fullAt' : 'dieAt';
  const script = `
    const { ${hook}, liveThroughDays } = await import(${JSON.stringify(module)});
    const crash = ${hook}(${JSON.stringify(point)}, ${occurrence});
    await liveThroughDays({ ...${JSON.stringify(run)}, crash });
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
