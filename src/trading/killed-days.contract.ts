import { join } from 'node:path';
import { DAY_MS, ExchangeError, ManualClock, money, systemTimer, toNumber } from '../domain/index.ts';
import { KEY, SECRET } from './brokers/binance-loopback.contract.ts';
import { CcxtBroker } from './brokers/ccxt-broker.ts';
import { type CrashHook, type CrashPoint, noCrash } from './crash-point.ts';
import { decisionId } from './decision-id.ts';
import { FileDecisionLog } from './decision-log.ts';
import type { DecisionRecord } from './decision-record.ts';
import type { EquityPoint } from './equity-point.ts';
import { HaltSwitch } from './halt-switch.ts';
import { FileJournal } from './journal/file-journal.ts';
import { snapshotLedger } from './journal/ledger-snapshot.ts';
import { type KeepProtectedOptions, keepProtected, withdrawProtection } from './keep-protected.ts';
import { FilePerformanceLog } from './performance-log.ts';
import { makeIntent } from './plan-trade.ts';
import { reconcile } from './reconcile.ts';
import { createOrderGate } from './risk/order-gate.ts';
import { DEFAULT_RISK_LIMITS, type RiskLimits } from './risk/risk-limits.ts';
import { type SettleOptions, settleOpenOrders, settleOrders } from './settle-orders.ts';
import { BINANCE_ETHUSDT_FILTERS, filterTexts } from './symbol-filters.ts';
import { writeTradeHistory } from './trade-history.ts';
import { TradingEngine } from './trading-engine.ts';

export const START = 1_700_000_000_000;
export const DAYS = 3;
/** Attempts are good for as long as the test needs. */
const FOR_EVER_MS = 1_000 * DAY_MS;

/** The process dies at the `occurrence`-th time that it comes to `point`: no handler runs, nothing is flushed. */
export function dieAt(point: CrashPoint, occurrence: number): CrashHook {
  let seen = 0;
  return (at) => {
    if (at !== point || ++seen < occurrence) return;
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  };
}

/** The disk is full from the `occurrence`-th time that the process comes to `point`. */
export function fullAt(point: CrashPoint, occurrence: number): CrashHook {
  let seen = 0;
  return (at) => {
    if (at !== point || ++seen < occurrence) return;
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
}

function recordOf(day: number): DecisionRecord {
  const decisionTimeMs = START + day * DAY_MS;
  const id = decisionId({ strategy: 'killed', symbol: 'ETHUSDT', decisionTimeMs, mode: 'sandbox' });
  const isBuy = day % 2 === 0;
  const intent = makeIntent({
    decisionId: id,
    leg: isBuy ? 'entry' : 'exit',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    side: isBuy ? 'buy' : 'sell',
    quantity: money(isBuy ? '1' : '0.4'),
    priceUsd: money(2000),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs: START,
    validUntilMs: START + FOR_EVER_MS,
    reason: 'test',
    modelId: null,
  });
  const action = isBuy ? 'BUY' : 'SELL';
  const nothing = { priceUsd: null, targetExposure: null, feeBps: 10, slippageBps: 0, side: null, quantity: null, reason: null };
  return {
    decisionId: id,
    strategy: 'killed',
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    runId: null,
    decisionTimeMs,
    dataCutoffRecordedMs: decisionTimeMs,
    configHash: '',
    modelId: null,
    modelSha256: null,
    inputs: [],
    features: {},
    prediction: null,
    dataVerdicts: [],
    positionBefore: { quantityEth: '0', cashUsd: '0', equityUsd: null, exposure: 0, lastBuyMs: null },
    conditions: { isHalted: false, isExchangeUp: null, cost: null, filters: filterTexts(BINANCE_ETHUSDT_FILTERS) },
    decision: {
      decisionTimeMs,
      label: action,
      confidence: null,
      action,
      targetExposure: null,
      renewsHolding: isBuy,
      reasons: [],
    },
    risk: { allowed: true, targetExposure: null, reasons: [] },
    sizing: { ...nothing, cashUsd: '0', positionEth: '0' },
    intents: [intent],
  };
}

const PRICE = money(2000);
/** What a request may take where every one is answered, however busy the machine is. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Limits that a test of orders is not about. */
const LIMITS: RiskLimits = { ...DEFAULT_RISK_LIMITS, tradesPerDay: null };
const HALTED_BY = 'days';

/** A data directory and an exchange, and what happens to a run there. */
export interface Run {
  readonly folder: string;
  readonly baseUrl: string;
  readonly nowMs: number;
  readonly crash?: CrashHook;
  /** What a request may take: where some are never answered, it ends them. */
  readonly requestTimeoutMs?: number | undefined;
  /** Whether every order is looked at twice more at the same time, as after two events of the account. */
  readonly hasDuplicateEvents?: boolean;
}

export const filesOf = (folder: string) => ({
  journal: join(folder, 'journal'),
  decisions: join(folder, 'decisions.ndjson'),
  performance: join(folder, 'performance.ndjson'),
  history: join(folder, 'trade_history.json'),
  halt: join(folder, 'HALT'),
});

/** The engine on what earlier runs left on disk, at the exchange over HTTP, behind the gate of production. */
async function openDesk({ folder, baseUrl, nowMs, crash = noCrash, requestTimeoutMs = REQUEST_TIMEOUT_MS }: Run) {
  const clock = new ManualClock(nowMs);
  const files = filesOf(folder);
  const halt = new HaltSwitch(files.halt, crash);
  const journal = await FileJournal.open(files.journal, { crash, segmentBytes: 4_000 });
  const broker = { apiKey: KEY, secret: SECRET, baseUrl, clock, timer: systemTimer, weightPauseMs: 0, crash };
  let isExchangeUp = true;
  const engine = await TradingEngine.open({
    journal,
    clock,
    connect: () => CcxtBroker.open({ ...broker, requestTimeoutMs }),
    gate: createOrderGate({
      limits: LIMITS,
      feeBps: 10,
      isHalted: async () => (await halt.current()) !== undefined,
      history: () => performance.points,
      context: () => ({ dataAgeMs: 0, priceUsd: 2000, isExchangeUp }),
    }),
    capitalUsd: '10000',
    protection: { stopLoss: 0.08, takeProfit: 0.16 },
    crash,
  });
  const performance = await FilePerformanceLog.open(files.performance, engine.ledger.equityPoints, crash);
  const settling: SettleOptions = {
    clock,
    wait: async () => undefined,
    price: async () => PRICE,
    unfilledTimeoutMs: 0,
    maxAttempts: 3,
    maxRounds: 3,
    caps: { limits: LIMITS, feeBps: 10, slippageBps: 0 },
    isHalted: async () => (await halt.current()) !== undefined,
  };
  /** What the route of production does: goes on with what is open, compares, and halts where there is a difference. */
  const check = async () => {
    try {
      await settleOpenOrders(engine, settling);
      const { unexplained } = await reconcile(engine, {
        symbol: 'ETHUSDT',
        mode: 'sandbox',
        foreignOrders: 'show',
        unknownOrders: 'halt',
        fillsSinceMs: 0,
      });
      const [first] = unexplained;
      if (first) await halt.halt('system', `${first.kind} ${first.subject}: ${first.journal}, ${first.venue}`, nowMs);
      isExchangeUp = true;
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      isExchangeUp = false;
    }
  };
  return { clock, files, halt, journal, engine, performance, settling, check };
}

/** An engine that looks at what earlier runs left, and no more. */
export async function openEngine(run: Run): Promise<TradingEngine> {
  const { engine, performance } = await openDesk(run);
  await performance.close();
  return engine;
}

/**
 * Some days of a daemon's order path, on disk and over HTTP, made of what production makes them of: compare with the
 * exchange, record the decision, settle its orders, bring the protective pair in step, note equity and trades, halt and
 * resume, compact the journal. It goes on from wherever an earlier run died.
 */
export async function liveThroughDays(run: Run): Promise<TradingEngine> {
  const { crash = noCrash, nowMs } = run;
  const { clock, files, halt, journal, engine, performance, settling, check } = await openDesk(run);
  const decisions = await FileDecisionLog.open(files.decisions, crash);
  if ((await halt.current())?.by === HALTED_BY) await halt.resume();
  await engine.recover();
  const protection: KeepProtectedOptions = {
    clock,
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    filters: BINANCE_ETHUSDT_FILTERS,
    price: async () => PRICE,
  };
  for (let day = 0; day < DAYS; day++) {
    await check();
    const record = await decisions.put(recordOf(day));
    const { decisionId: id, decisionTimeMs, decision, intents } = record;
    await engine.recordDecision({
      decisionId: id,
      decisionTimeMs,
      action: decision.action,
      renewsHolding: decision.renewsHolding,
    });
    const sells = intents.some(({ side, clientOrderId }) => side === 'sell' && !engine.ledger.orders.has(clientOrderId));
    if (sells) await withdrawProtection(engine, settling);
    const outcomes = await settleOrders(engine, intents, settling);
    if (run.hasDuplicateEvents)
      await Promise.all([...outcomes, ...outcomes].map(({ clientOrderId }) => engine.lookAt(clientOrderId)));
    await keepProtected(engine, protection);
    await engine.leaveDust(PRICE, BINANCE_ETHUSDT_FILTERS);
    const point = equityOf(engine, id, decisionTimeMs);
    await engine.recordEquity([point]);
    await performance.record(point);
    await writeTradeHistory(files.history, engine.ledger, undefined, crash);
    await halt.halt(HALTED_BY, 'between days', nowMs);
    if ((await halt.current())?.by === HALTED_BY) await halt.resume();
    await journal.compact(snapshotLedger(engine.ledger), nowMs);
  }
  await check();
  await decisions.close();
  await performance.close();
  return engine;
}

function equityOf({ ledger }: TradingEngine, id: string, timeMs: number): EquityPoint {
  return {
    timeMs,
    decisionId: id,
    equityUsd: toNumber(ledger.equityUsd(PRICE)),
    cashUsd: toNumber(ledger.cashUsd),
    positionEth: toNumber(ledger.balance('ETH')),
    priceUsd: toNumber(PRICE),
    exposure: ledger.exposure(PRICE),
    transfersUsd: toNumber(ledger.transfersUsd),
  };
}
