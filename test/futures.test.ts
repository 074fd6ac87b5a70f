import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { money, ZERO } from '../src/domain/index.ts';
import { foldJournal, type JournalRecord, readWholeJournal, type TradeHistoryEntry, tradePnlUsd } from '../src/trading/index.ts';

const TIMEOUT_MS = 240_000;
const CAPITAL = '10000';
/** A small model that trades often in a world with much to find. */
const SETTINGS = ['model.trainDays=80', 'gate.windowDays=60', 'model.trees=20', 'strategy.confidenceThreshold=0.34'];
const FUTURES = ['futures.enabled=true', 'futures.allowShort=true'];

const folder = mkdtempSync(join(tmpdir(), 'ets-futures-'));
const dataDir = join(folder, 'data');
const trades = (name: string) => join(dataDir, 'trades', name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  readonly equity: { readonly endUsd: string };
  readonly metrics: { readonly feesUsd: number; readonly closedTrades: number };
  readonly trades: string;
  readonly report: string;
  readonly error: { readonly code: string };
}

function ets(
  args: readonly string[],
  settings: readonly string[] = FUTURES,
): Promise<{ readonly code: number; readonly json: Result }> {
  const set = [...SETTINGS, ...settings].flatMap((one) => ['--set', one]);
  const line = [resolve('dist/cli/main.js'), ...args, '--data-dir', dataDir, '--json', ...set];
  return new Promise((done) => {
    execFile(process.execPath, line, { cwd: folder, maxBuffer: 2 ** 26 }, (error, out) =>
      done({ code: error ? Number(error.code) : 0, json: JSON.parse(out) as Result }),
    );
  });
}

let demo: Result;
beforeAll(async () => {
  const { code, json } = await ets(['demo', '--days', '25', '--edge', '0.9']);
  expect(code).toBe(0);
  demo = json;
}, TIMEOUT_MS);

describe('shorts on paper', () => {
  it('are opened, turned and closed, with funding, and the accounts add up to the last unit', async () => {
    const entries = await readWholeJournal(trades('journal'));
    const ledger = await foldJournal(entries);
    const history = JSON.parse(readFileSync(trades('trade_history.json'), 'utf8')) as TradeHistoryEntry[];
    expect(new Set(history.map(({ side }) => side))).toEqual(new Set(['long', 'short']));
    expect(history.some(({ fundingUsd }) => Number(fundingUsd) > 0)).toBe(true);
    expect(history.some(({ side, fundingUsd }) => side === 'long' && Number(fundingUsd) < 0)).toBe(true);
    expect(history.every(({ mode }) => mode === 'paper')).toBe(true);

    const sum = <Kind extends JournalRecord['type']>(type: Kind, of: (one: Extract<JournalRecord, { type: Kind }>) => string) =>
      entries.reduce(
        (total, { record }) => (record.type === type ? total.plus(of(record as Extract<JournalRecord, { type: Kind }>)) : total),
        ZERO,
      );
    const traded = sum('fill', ({ fill }) =>
      money(fill.quantity)
        .times(fill.priceUsd)
        .times(fill.side === 'buy' ? -1 : 1)
        .toFixed(),
    );
    const fees = sum('fill', ({ fill }) => fill.feeUsd ?? '0');
    const funding = sum('funding', ({ amount }) => amount);
    expect(ledger.cashUsd.toFixed()).toBe(money(CAPITAL).plus(traded).minus(fees).plus(funding).toFixed());
    expect(ledger.fundingUsd.toFixed()).toBe(funding.toFixed());
    expect(Number(demo.metrics.feesUsd)).toBeCloseTo(Number(fees.toFixed()), 8);

    const mark = money(ledger.equityPoints.at(-1)?.priceUsd ?? 0);
    const all = [...ledger.closedTrades, ...(ledger.openTrade === null ? [] : [ledger.openTrade])];
    const earned = all.reduce((total, trade) => total.plus(tradePnlUsd(trade)), ZERO);
    const open = ledger.position.quantityEth.times(mark);
    expect(money(CAPITAL).plus(earned).plus(open).toFixed()).toBe(ledger.equityUsd(mark).toFixed());
    expect(ledger.equityUsd(mark).toFixed(2)).toBe(demo.equity.endUsd);
  });

  it('never go beyond what is wanted, and every order says whether it only reduces', async () => {
    const { orders, equityPoints } = await foldJournal(await readWholeJournal(trades('journal')));
    expect(Math.min(...equityPoints.map(({ exposure }) => exposure))).toBeLessThan(-0.4);
    expect(Math.max(...equityPoints.map(({ exposure }) => Math.abs(exposure)))).toBeLessThan(0.6);
    expect([...orders.values()].every(({ intent }) => intent.reduceOnly !== undefined)).toBe(true);
    expect([...orders.values()].every(({ state }) => state === 'FILLED')).toBe(true);
  });

  it('are shown by the other commands', async () => {
    expect((await ets(['journal', 'verify'])).json).toMatchObject({ verified: true });
    expect((await ets(['journal'])).json).toMatchObject({ position: { fundingUsd: expect.stringMatching(/^-?\d/) } });
    const report = (await ets(['performance-report', '--format', 'json'])).json;
    expect(report).toMatchObject({ fundingUsd: expect.stringMatching(/^-?\d/), trades: expect.any(Array) });
    const file = join(folder, 'performance.html');
    expect(await ets(['performance-report', '--format', 'html', '--output', file])).toMatchObject({ code: 0 });
    const shown = readFileSync(file, 'utf8');
    expect(shown).toContain('<dt>Funding</dt>');
    expect(shown).toMatch(/Fees<\/th>\s*<th[^>]*>Funding<\/th>/);
    const csv = join(folder, 'tax.csv');
    expect(await ets(['journal', 'export', '--output', csv])).toMatchObject({ code: 0 });
    const lines = readFileSync(csv, 'utf8');
    expect(lines).toContain('short perpetual after fees of');
    expect(lines).toContain(',funding,');
    expect(lines).not.toContain('ETH,');
  });

  it('are traded by a backtest too, with leverage and a report', { timeout: TIMEOUT_MS }, async () => {
    const larger = [...FUTURES, 'futures.leverage=2', 'strategy.targetExposure=1.5', 'risk.maxExposure=2'];
    const csv = join(folder, 'cycles.csv');
    const dates = ['--start', '2024-01-01', '--end', '2024-01-20', '--train-days', '80', '--output', csv];
    const { code, json } = await ets(['backtest', ...dates], larger);
    expect(code).toBe(0);
    expect(json.metrics.closedTrades).toBeGreaterThan(2);
    expect(readFileSync(csv, 'utf8')).toMatch(/,SELL,[^,]+,-1\.5,/);
    expect(readFileSync(json.report, 'utf8')).toContain('short');
  });
});

describe('without the switch', () => {
  it.each([
    ['shorts', 'futures.allowShort=true'],
    ['leverage', 'futures.leverage=2'],
    ['more than all equity', 'strategy.targetExposure=1.5'],
  ])('%s are refused', async (_what, setting) => {
    expect(await ets(['config', 'show'], [setting])).toMatchObject({ code: 2, json: { error: { code: 'config.invalid' } } });
  });

  it('a backtest of the same days is of spot: no short, no funding', { timeout: TIMEOUT_MS }, async () => {
    const csv = join(folder, 'spot.csv');
    const dates = ['--start', '2024-01-01', '--end', '2024-01-10', '--train-days', '80', '--output', csv];
    expect(await ets(['backtest', ...dates], [])).toMatchObject({ code: 0 });
    expect(existsSync(csv)).toBe(true);
    expect(readFileSync(csv, 'utf8')).not.toMatch(/,-\d/);
  });
});
