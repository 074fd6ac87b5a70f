import { join } from 'node:path';
import { type Clock, DAY_MS, ManualClock, money, systemTimer } from '../domain/index.ts';
import { KEY, SECRET } from './brokers/binance-loopback.contract.ts';
import { CcxtBroker } from './brokers/ccxt-broker.ts';
import { type CrashHook, type CrashPoint, noCrash } from './crash-point.ts';
import { decisionId } from './decision-id.ts';
import { FileDecisionLog } from './decision-log.ts';
import type { DecisionRecord } from './decision-record.ts';
import { FileJournal } from './journal/file-journal.ts';
import { type KeepProtectedOptions, keepProtected, withdrawProtection } from './keep-protected.ts';
import { makeIntent } from './plan-trade.ts';
import { retryIntent } from './retry-intent.ts';
import { BINANCE_ETHUSDT_FILTERS, filterTexts } from './symbol-filters.ts';
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

/** The engine on what earlier runs left on disk, at the exchange over HTTP. */
export async function openEngine(
  folder: string,
  baseUrl: string,
  clock: Clock,
  crash: CrashHook = noCrash,
): Promise<TradingEngine> {
  const account = { apiKey: KEY, secret: SECRET, baseUrl };
  return TradingEngine.open({
    journal: await FileJournal.open(join(folder, 'journal'), { crash, segmentBytes: 4_000 }),
    clock,
    connect: () => CcxtBroker.open({ ...account, clock, timer: systemTimer, requestTimeoutMs: 5_000, weightPauseMs: 0 }),
    gate: () => [],
    capitalUsd: '10000',
    protection: { stopLoss: 0.08, takeProfit: 0.16 },
    crash,
  });
}

/**
 * Some days of a daemon's order path, on disk and over HTTP: record the decision, send, look, cancel what is left, order
 * the rest again. It goes on from wherever an earlier run died.
 */
export async function liveThroughDays(folder: string, baseUrl: string, nowMs: number, crash: CrashHook): Promise<TradingEngine> {
  const clock = new ManualClock(nowMs);
  const decisions = await FileDecisionLog.open(join(folder, 'decisions.ndjson'), crash);
  const engine = await openEngine(folder, baseUrl, clock, crash);
  await engine.recover();
  const protection: KeepProtectedOptions = {
    clock,
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    filters: BINANCE_ETHUSDT_FILTERS,
    price: async () => money(2000),
  };
  for (let day = 0; day < DAYS; day++) {
    const record = await decisions.put(recordOf(day));
    const { decisionId: id, decisionTimeMs, decision, intents } = record;
    const sells = intents.some(({ side, clientOrderId }) => side === 'sell' && !engine.ledger.orders.has(clientOrderId));
    if (sells) await withdrawProtection(engine, { clock, wait: async () => undefined, maxRounds: 3 });
    await engine.recordDecision({
      decisionId: id,
      decisionTimeMs,
      action: decision.action,
      renewsHolding: decision.renewsHolding,
    });
    await engine.execute(intents);
    await engine.refresh();
    for (const order of engine.ledger.workingOrders()) await engine.cancel(order.intent.clientOrderId);
    await engine.refresh();
    const again =
      intents[0] &&
      retryIntent(engine.ledger, intents[0], {
        priceUsd: money(2000),
        filters: BINANCE_ETHUSDT_FILTERS,
        nowMs,
        validUntilMs: START + FOR_EVER_MS,
        maxAttempts: 3,
      });
    if (again) await engine.execute([again]);
    await keepProtected(engine, protection);
  }
  await decisions.close();
  return engine;
}
