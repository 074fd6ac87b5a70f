// The order path: journal appends with fsync, recovery of a long journal, decision to order sent on paper and at an exchange on
// loopback, orders per second on paper.
import { join } from 'node:path';
import { ManualClock, money } from '../dist/domain/index.js';
import {
  BINANCE_ETHUSDT_FILTERS,
  FileJournal,
  foldJournal,
  Ledger,
  MemoryJournal,
  makeIntent,
  PaperBroker,
  readJournal,
  snapshotLedger,
  TradingEngine,
} from '../dist/trading/index.js';
import { exchangeOrders } from './exchange/exchange-orders.mjs';
import { inTemporaryFolder, median, timed } from './measure.mjs';

const NOW = 1_700_000_000_000;

const intentOf = (serial) =>
  makeIntent({
    decisionId: `bench-${serial}`,
    leg: serial % 2 === 0 ? 'entry' : 'exit',
    attempt: 1,
    symbol: 'ETHUSDT',
    mode: 'paper',
    side: serial % 2 === 0 ? 'buy' : 'sell',
    quantity: money('0.5'),
    priceUsd: money('2000.01'),
    filters: BINANCE_ETHUSDT_FILTERS,
    nowMs: NOW,
    validUntilMs: NOW + 1,
    reason: 'bench',
    modelId: null,
  });

const openPaper = (journal, onSubmit) =>
  TradingEngine.open({
    journal,
    clock: new ManualClock(NOW),
    connect: (account) => {
      const quotes = { quote: () => ({ priceUsd: money('2000.01'), atMs: NOW }) };
      const broker = new PaperBroker({ feeBps: 10, slippageBps: 5, filters: BINANCE_ETHUSDT_FILTERS, quotes }, account);
      const submit = broker.submit.bind(broker);
      broker.submit = (intent) => {
        onSubmit?.();
        return submit(intent);
      };
      return broker;
    },
    gate: () => [],
    capitalUsd: '1000000',
  });

const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))];
const spread = (ms) => ({ median: round(median(ms)), p99: round(quantile(ms, 0.99)) });
const round = (value) => Math.round(value * 1000) / 1000;

async function paperOrdersPerS() {
  const orders = 4000;
  const intents = Array.from({ length: orders }, (_, i) => intentOf(i));
  const { ms } = await timed(async () => {
    const engine = await openPaper(new MemoryJournal());
    await engine.execute(intents);
    if (engine.ledger.fillCount !== orders) throw new Error('orders were not filled');
  });
  return Math.round((orders / ms) * 1000);
}

async function durableOrders(folder) {
  const sent = [];
  let start = 0;
  const engine = await openPaper(await FileJournal.open(join(folder, 'orders')), () => sent.push(performance.now() - start));
  for (let i = 0; i < 500; i++) {
    const intent = intentOf(i);
    start = performance.now();
    await engine.execute([intent]);
  }
  await engine.close();
  return { decisionToSentMs: spread(sent) };
}

/** Purchases ask for the market again before they are sent, sales do not. */
async function ordersAtExchange(folder) {
  const { buy, sell } = await exchangeOrders(folder);
  return { decisionToExchangeMs: { buy: spread(buy), sell: spread(sell) } };
}

async function appends(folder) {
  const journal = await FileJournal.open(join(folder, 'appends'));
  const record = { type: 'transfer', atMs: NOW, asset: 'USDT', amount: '1', valueUsd: '1', reason: 'bench' };
  const count = 2000;
  const start = performance.now();
  for (let i = 0; i < count; i++) await journal.append([record]);
  const ms = performance.now() - start;
  await journal.close();
  return { journalAppendsPerS: Math.round((count / ms) * 1000) };
}

async function recovery(folder) {
  const path = join(folder, 'recovery');
  const memory = new MemoryJournal();
  const engine = await openPaper(memory);
  await engine.execute(Array.from({ length: 33_333 }, (_, i) => intentOf(i)));
  const journal = await FileJournal.open(path);
  const batch = [];
  for await (const { record } of memory.entries()) {
    batch.push(record);
    if (batch.length === 1000) await journal.append(batch.splice(0));
  }
  await journal.append(batch);
  await journal.close();
  const { ms, result } = await timed(async () => {
    const opened = await FileJournal.open(path);
    const ledger = await foldJournal(opened.entries());
    await opened.close();
    return { records: opened.lastSeq, ledger };
  }, 3);
  const compacting = await FileJournal.open(path);
  await compacting.compact(snapshotLedger(result.ledger), NOW);
  await compacting.close();
  const after = await timed(async () => {
    const ledger = new Ledger();
    for (const { record } of (await readJournal(path)).entries) ledger.apply(record);
  }, 3);
  return { recovery: { records: result.records, ms, afterCompactionMs: after.ms } };
}

export async function run() {
  return inTemporaryFolder(async (folder) => ({
    paperOrdersPerS: await paperOrdersPerS(),
    ...(await durableOrders(folder)),
    ...(await ordersAtExchange(folder)),
    ...(await appends(folder)),
    ...(await recovery(folder)),
  }));
}
