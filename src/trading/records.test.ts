import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, money } from '../domain/index.ts';
import { PaperBroker } from './brokers/paper-broker.ts';
import { FileDecisionLog, MemoryDecisionLog, readDecisionLog } from './decision-log.ts';
import type { DecisionRecord } from './decision-record.ts';
import { HaltSwitch } from './halt-switch.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import { type EquityPoint, FilePerformanceLog, MemoryPerformanceLog, readPerformanceLog } from './performance-log.ts';
import { makeIntent } from './plan-trade.ts';
import { BINANCE_ETHUSDT_FILTERS, filterTexts } from './symbol-filters.ts';
import { tradeHistory, writeTradeHistory } from './trade-history.ts';
import { TradingEngine } from './trading-engine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-records-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record = (id: string, configHash = 'c'): DecisionRecord => ({
  decisionId: id,
  strategy: 'main',
  symbol: 'ETHUSDT',
  mode: 'paper',
  runId: null,
  decisionTimeMs: 1,
  dataCutoffRecordedMs: 2,
  configHash,
  modelId: null,
  modelSha256: null,
  inputs: [{ table: 'price_data', series: 'binance:ETHUSDT:1h', partitions: ['abc'] }],
  features: { rsi_14: 55.5, whale_inflow: null },
  prediction: null,
  dataVerdicts: [{ dataset: 'price_data', verdict: 'ok', isRequired: true }],
  positionBefore: { quantityEth: '0', cashUsd: '10000', equityUsd: '10000', exposure: 0, lastBuyMs: null },
  conditions: { isHalted: false, isExchangeUp: null, cost: null, filters: filterTexts(BINANCE_ETHUSDT_FILTERS) },
  decision: {
    decisionTimeMs: 1,
    label: 'HOLD',
    confidence: null,
    action: 'HOLD',
    targetExposure: null,
    renewsHolding: false,
    reasons: [],
  },
  risk: { allowed: true, targetExposure: null, reasons: [] },
  sizing: {
    priceUsd: null,
    cashUsd: '10000',
    positionEth: '0',
    targetExposure: null,
    feeBps: 10,
    slippageBps: 5,
    side: null,
    quantity: null,
    reason: { rule: 'position_kept', value: null, limit: null },
  },
  intents: [],
});

describe.each([
  ['MemoryDecisionLog', async () => new MemoryDecisionLog()],
  ['FileDecisionLog', () => FileDecisionLog.open(join(folder, 'decisions.ndjson'))],
])('%s', (_name, open) => {
  it('keeps the first record of a decision, whoever comes later', async () => {
    const log = await open();
    const [one, two] = await Promise.all([log.put(record('a')), log.put(record('a', 'other'))]);
    expect([one, two]).toEqual([record('a'), record('a')]);
    expect(await log.put(record('b'))).toEqual(record('b'));
    expect(log.get('a')).toEqual(record('a'));
    expect(log.get('x')).toBeUndefined();
    expect(log.all().map(({ decisionId }) => decisionId)).toEqual(['a', 'b']);
    await log.close();
  });
});

describe('FileDecisionLog', () => {
  const path = () => join(folder, 'decisions.ndjson');

  it('reads back what it wrote, and drops a record that was cut short', async () => {
    const log = await FileDecisionLog.open(path());
    await log.put(record('a'));
    await log.close();
    writeFileSync(path(), `${readFileSync(path(), 'utf8')}{"decisionId":"b","stra`);
    expect(await readDecisionLog(path())).toEqual([record('a')]);
    const again = await FileDecisionLog.open(path());
    await again.put(record('b'));
    await again.close();
    expect((await readDecisionLog(path())).map(({ decisionId }) => decisionId)).toEqual(['a', 'b']);
  });

  it('says which line cannot be read', async () => {
    writeFileSync(path(), `${JSON.stringify(record('a'))}\n{"decisionId":5}\n`);
    await expect(FileDecisionLog.open(path())).rejects.toMatchObject({ code: 'ndjson.line_invalid', details: { line: 2 } });
  });

  it('does not answer before the record is on disk', async () => {
    const seen: [string, number][] = [];
    const log = await FileDecisionLog.open(path(), (point) => {
      seen.push([point, readFileSync(path(), 'utf8').length]);
    });
    await log.put(record('a'));
    expect(seen).toEqual([
      ['decision.before_write', 0],
      ['decision.after_write', JSON.stringify(record('a')).length + 1],
      ['decision.after_fsync', JSON.stringify(record('a')).length + 1],
    ]);
    await log.close();
  });
});

describe('performance log', () => {
  const point = (timeMs: number): EquityPoint => ({
    timeMs,
    decisionId: String(timeMs),
    equityUsd: 1,
    cashUsd: 1,
    positionEth: 0,
    transfersUsd: 0,
    priceUsd: 1,
    exposure: 0,
  });

  it('has one point for a decision', async () => {
    const path = join(folder, 'performance.ndjson');
    for (const log of [new MemoryPerformanceLog(), await FilePerformanceLog.open(path)]) {
      for (const timeMs of [1, 1, 2]) await log.record(point(timeMs));
      expect(log.points).toEqual([point(1), point(2)]);
      await log.close();
    }
    const again = await FilePerformanceLog.open(path);
    await again.record(point(2));
    await again.close();
    expect(await readPerformanceLog(path)).toEqual([point(1), point(2)]);
    expect(await readPerformanceLog(join(folder, 'none'))).toEqual([]);
  });
});

describe('HaltSwitch', () => {
  it('keeps who, why and when until trading is resumed', async () => {
    const path = join(folder, 'deep', 'halt.json');
    expect(await new HaltSwitch(path).current()).toBeUndefined();
    await new HaltSwitch(path).halt('ana', 'strange prices', 5);
    expect(await new HaltSwitch(path).halt('ben', 'later', 6)).toEqual({ by: 'ana', why: 'strange prices', atMs: 5 });
    expect(await new HaltSwitch(path).resume()).toEqual({ by: 'ana', why: 'strange prices', atMs: 5 });
    expect(existsSync(path)).toBe(false);
    expect(await new HaltSwitch(path).resume()).toBeUndefined();
  });

  it('is made by several at once without one of them failing', async () => {
    const path = join(folder, 'halt.json');
    const halts = Array.from({ length: 20 }, (_, i) => new HaltSwitch(path).halt(`${i}`, 'a drill', i));
    expect(await Promise.all(halts)).toHaveLength(20);
    expect(await new HaltSwitch(path).current()).toMatchObject({ why: 'a drill' });
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('takes a file made by hand for a halt', async () => {
    const path = join(folder, 'halt.json');
    writeFileSync(path, 'stop it\n');
    expect(await new HaltSwitch(path).current()).toEqual({ by: 'file', why: 'stop it', atMs: 0 });
    writeFileSync(path, '');
    expect(await new HaltSwitch(path).current()).toMatchObject({ by: 'file' });
  });
});

describe('trade history', () => {
  it('is written whole, with decimals as texts', async () => {
    let priceUsd = '2000';
    const engine = await TradingEngine.open({
      journal: new MemoryJournal(),
      clock: new ManualClock(0),
      connect: (ledger) =>
        new PaperBroker(
          {
            feeBps: 10,
            slippageBps: 0,
            filters: BINANCE_ETHUSDT_FILTERS,
            quotes: { quote: () => ({ priceUsd: money(priceUsd), atMs: Number(priceUsd) }) },
          },
          ledger,
        ),
      gate: () => [],
      capitalUsd: '10000',
    });
    const order = (side: 'buy' | 'sell', decisionId: string) =>
      makeIntent({
        decisionId,
        leg: side === 'buy' ? 'entry' : 'exit',
        attempt: 1,
        symbol: 'ETHUSDT',
        mode: 'paper',
        side,
        quantity: money(1),
        priceUsd: money(priceUsd),
        filters: BINANCE_ETHUSDT_FILTERS,
        nowMs: 0,
        validUntilMs: 1,
        reason: `signal_${side}`,
        modelId: 'm1',
      });
    await engine.execute([order('buy', 'a')]);
    priceUsd = '2200';
    await engine.execute([order('sell', 'b'), order('buy', 'c')]);
    const path = join(folder, 'trades', 'trade_history.json');
    await writeTradeHistory(path, engine.ledger);
    const written = JSON.parse(readFileSync(path, 'utf8'));
    expect(written).toEqual(tradeHistory(engine.ledger));
    expect(written).toMatchObject([
      {
        decisionId: 'a',
        modelId: 'm1',
        side: 'long',
        quantityEth: '1',
        entryTimeMs: 2000,
        entryPriceUsd: '2000',
        exitTimeMs: 2200,
        exitPriceUsd: '2200',
        feesUsd: '4.2',
        pnlUsd: '195.8',
        reason: 'signal_sell',
        mode: 'paper',
      },
      { decisionId: 'c', exitTimeMs: null, exitPriceUsd: null, feesUsd: '2.2', pnlUsd: '-2.2', reason: 'signal_buy' },
    ]);
    expect(new Set(written.map((entry: { tradeId: string }) => entry.tradeId)).size).toBe(2);
    expect(readdirSync(join(folder, 'trades'))).toEqual(['trade_history.json']);
  });
});
