import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { DAY_MS, ManualClock, systemTimer } from '../../domain/index.ts';
import { appendAudit } from '../write-audit.ts';
import { dropOldLines } from './keep-lines.ts';
import { dropRequests } from './keep-rows.ts';

const NOW = Date.UTC(2026, 0, 1);
const folder = mkdtempSync(join(tmpdir(), 'ets-retention-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const config = (...overrides: string[]) => loadConfig({ env: {}, overrides: overrides.map((one) => `retention.tables.${one}`) });
const BUILT_IN = ['price_data', 'whale_data', 'validator_data', 'blockchain_data', 'sentiment_data'];
const STORED = [...BUILT_IN, 'live_blocks', 'live_transfers', 'funding', 'research'];
const days = (requests: ReturnType<typeof dropRequests>) =>
  Object.fromEntries(requests.map(({ dataset, beforeMs }) => [dataset, (NOW - beforeMs) / DAY_MS]));

describe('dropRequests', () => {
  it('asks for nothing unless it is told to', () => {
    expect(dropRequests(config(), STORED, NOW)).toEqual([]);
  });

  it('drops minutes of the stream and never candles of the canonical series with them', () => {
    const [request, ...others] = dropRequests(config('streamMinutesDays=30'), STORED, NOW);
    expect(others).toEqual([]);
    expect(['binance:ETHUSDT:1m', 'binance:ETHUSDT:1h', 'yahoo:ETH-USD:1d'].map(request!.isSeries!)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('has own datasets by name, else all of them; those of the stream by their own', () => {
    const asked = loadConfig({ env: {}, overrides: ['retention.tables.ownDays=90', 'retention.tables.liveBlocksDays=10'] });
    expect(days(dropRequests(asked, STORED, NOW))).toEqual({ live_blocks: 10, funding: 90, research: 90 });
    const kept = { ...asked, retention: { ...asked.retention, tables: { ...asked.retention.tables, own: { research: null } } } };
    expect(days(dropRequests(kept, STORED, NOW))).toEqual({ live_blocks: 10, funding: 90 });
  });

  it('leaves trainings and repairs what they look back to', () => {
    const asked = config('priceDataDays=30', 'whaleDataDays=30', 'streamMinutesDays=7');
    const { model } = asked;
    const found = dropRequests({ ...asked, streams: { ...asked.streams, repairDays: 20 } }, STORED, NOW);
    expect(found.map(({ dataset, beforeMs }) => [dataset, (NOW - beforeMs) / DAY_MS])).toEqual([
      ['price_data', 20],
      ['price_data', model.trainDays + 400],
      ['whale_data', model.trainDays + 400],
    ]);
  });

  it('does not take fewer than a week', () => {
    expect(() => config('quarantineDays=1')).toThrow(expect.objectContaining({ code: 'config.invalid' }));
  });
});

describe('dropOldLines', () => {
  const clock = new ManualClock(NOW - 100 * DAY_MS);
  const parts = (...overrides: string[]) => ({
    dataDir: folder,
    clock,
    timer: systemTimer,
    env: { ETS_LOG_DIR: folder },
    config: config(...overrides),
  });
  const audit = join(folder, 'audit.ndjson');
  const record = (what: string) => ({ timeMs: clock.nowMs(), what, from: 'here', status: 200 });

  it('cuts the audit log, keeps what it cannot read, and loses nothing that is written meanwhile', async () => {
    await appendAudit(parts(), [record('old')]);
    clock.moveTo(NOW);
    writeFileSync(audit, 'not JSON\n', { flag: 'a' });
    await appendAudit(parts(), [record('new')]);
    expect(await dropOldLines(parts())).toEqual({ auditLines: 0, logFiles: 0 });
    const writes = Array.from({ length: 5 }, (_, i) => appendAudit(parts(), [record(`meanwhile ${i}`)]));
    const [done] = await Promise.all([dropOldLines(parts('auditDays=30')), ...writes]);
    expect(done.auditLines).toBe(1);
    const text = readFileSync(audit, 'utf8');
    expect(text).not.toContain('"old"');
    for (const kept of ['not JSON', '"new"', ...writes.map((_, i) => `meanwhile ${i}`)]) expect(text).toContain(kept);
  });

  it('drops old full log files, never the one that is written', async () => {
    const names = ['ets.log', 'ets.log.1', 'ets.log.2', 'other.log.3'];
    for (const name of names) writeFileSync(join(folder, name), '');
    for (const name of ['ets.log', 'ets.log.2', 'other.log.3']) utimesSync(join(folder, name), 0, 0);
    expect(await dropOldLines(parts('logDays=30'))).toEqual({ auditLines: 0, logFiles: 1 });
    expect(readdirSync(folder).filter((name) => name.includes('.log'))).toEqual(['ets.log', 'ets.log.1', 'other.log.3']);
  });
});
