// From a decision to its order at an exchange on loopback: the durable decision record, the journal, the gate with every rule and
// the market asked for anew, ccxt's signing, and HTTP. The exchange is in the same process, so this is the way without the net.
import { join } from 'node:path';
import { RiskSurroundings } from '../../dist/app/risk-surroundings.js';
import { money, systemClock, systemTimer } from '../../dist/domain/index.js';
import {
  BINANCE_ETHUSDT_FILTERS,
  CcxtBroker,
  createOrderGate,
  DEFAULT_RISK_LIMITS,
  FileDecisionLog,
  FileJournal,
  filterTexts,
  makeIntent,
  TradingEngine,
} from '../../dist/trading/index.js';
import { loopbackExchange } from './loopback-exchange.mjs';

const PRICE = '2000.01';
const ORDERS = 1_000;
const WARM_UP = 20;

const intentOf = (serial, nowMs) =>
  makeIntent({
    decisionId: `bench-${serial}`,
    leg: serial % 2 === 0 ? 'entry' : 'exit',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'sandbox',
    side: serial % 2 === 0 ? 'buy' : 'sell',
    quantity: money('0.5'),
    priceUsd: money(PRICE),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs,
    validUntilMs: nowMs + 60_000,
    reason: 'bench',
    modelId: null,
  });

const features = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`feature_${i}`, i / 7]));

/** As the daily cycle writes them, with so many features. */
const recordOf = (intent, ledger) => ({
  decisionId: intent.decisionId,
  strategy: 'bench',
  symbol: 'ETHUSDT',
  mode: 'sandbox',
  runId: null,
  decisionTimeMs: intent.plannedAtMs,
  dataCutoffRecordedMs: intent.plannedAtMs,
  configHash: 'bench',
  modelId: null,
  modelSha256: null,
  inputs: [],
  features,
  prediction: null,
  dataVerdicts: [],
  positionBefore: {
    quantityEth: ledger.balance('ETH').toFixed(),
    cashUsd: ledger.cashUsd.toFixed(),
    equityUsd: null,
    exposure: 0,
    lastBuyMs: null,
  },
  conditions: { isHalted: false, isExchangeUp: true, cost: null, filters: filterTexts(BINANCE_ETHUSDT_FILTERS) },
  decision: { label: intent.side.toUpperCase(), action: intent.side.toUpperCase(), reasons: [] },
  risk: { allowed: true, targetExposure: null, reasons: [] },
  sizing: {},
  intents: [intent],
});

/** @returns milliseconds from the decision to the last byte of its order at the exchange, purchases and sales apart */
export async function exchangeOrders(folder) {
  let start = 0;
  let ms = Number.NaN;
  const exchange = await loopbackExchange(PRICE, () => {
    ms = performance.now() - start;
  });
  const keys = { apiKey: 'bench', secret: 'bench' };
  const connection = { ...keys, baseUrl: exchange.baseUrl, clock: systemClock, timer: systemTimer, weightPauseMs: 0 };
  const broker = await CcxtBroker.open(connection);
  const quote = async () => ({ priceUsd: money(PRICE), atMs: systemClock.nowMs() });
  const surroundings = new RiskSurroundings({
    mode: 'sandbox',
    clock: systemClock,
    model: () => undefined,
    market: () => broker.market('ETHUSDT'),
    quote,
  });
  const decisions = await FileDecisionLog.open(join(folder, 'decisions.ndjson'));
  const engine = await TradingEngine.open({
    journal: await FileJournal.open(join(folder, 'exchange-orders')),
    clock: systemClock,
    connect: () => broker,
    gate: createOrderGate({
      // Every rule is asked; those that would end a bench of hundreds of orders in a minute are set to let them pass.
      limits: { ...DEFAULT_RISK_LIMITS, tradesPerDay: null, consecutiveLosses: null, protections: [] },
      isHalted: () => false,
      feeBps: 10,
      history: () => [],
      context: (intent) => surroundings.now(intent),
    }),
    capitalUsd: '1000000',
  });
  const found = { buy: [], sell: [] };
  for (let i = 0; i < ORDERS + WARM_UP; i++) {
    const intent = intentOf(i, systemClock.nowMs());
    surroundings.note({ dataAgeMs: 0, priceUsd: Number(PRICE), hasSkill: true }, intent.plannedAtMs);
    start = performance.now();
    await decisions.put(recordOf(intent, engine.ledger));
    const { decisionId, plannedAtMs, side } = intent;
    await engine.recordDecision({ decisionId, decisionTimeMs: plannedAtMs, action: side.toUpperCase(), renewsHolding: false });
    const [outcome] = await engine.execute([intent]);
    if (outcome.state !== 'FILLED') throw new Error(`an order is ${outcome.state}: ${outcome.message}`);
    if (i >= WARM_UP) found[side].push(ms);
  }
  await engine.close();
  await decisions.close();
  await exchange.close();
  return found;
}
