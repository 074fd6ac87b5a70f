import { describe, expect, it } from 'vitest';
import { createRng, ManualClock, type RowBatch, systemTimer } from '../../domain/index.ts';
import { HttpClient } from '../http/index.ts';
import { mutate } from '../parser.contract.ts';
import { ExternalDataIntegrator } from './external-integrator.ts';

const NOW = Date.UTC(2024, 5, 1);
const REPLY = {
  status: 'ok',
  data: {
    items: [
      { day: '2024-01-01', level: 1.5, note: 'a' },
      { day: '2024-01-02', level: '2', note: null },
      { day: '2024-01-03', level: -3e4, note: 'c' },
    ],
  },
};

/** An API that gives what `reply` says, and everything that was stored of it. */
function apiOf(reply: () => string, records: string | undefined = 'data.items') {
  const stored: RowBatch[] = [];
  const store = {
    async append(batches: readonly RowBatch[]) {
      stored.push(...batches);
      return batches.map(({ dataset, series, timeMs: { length } }) => {
        return { dataset, series, rows: length, stored: length, duplicates: 0, revised: 0 };
      });
    },
    async quarantine() {},
  };
  const http = new HttpClient({
    fetch: async () => new Response(reply()),
    timer: systemTimer,
    rng: () => 0,
    maxAttempts: 1,
  });
  const integrator = new ExternalDataIntegrator(
    [
      {
        dataset: 'my_signal',
        origin: { kind: 'api', endpoint: 'http://api.test/x', headers: {}, records: records || undefined, refreshMs: 1 },
        options: { dataset: 'my_signal', timeColumn: 'day', interval: '1d' },
        requiredColumns: [],
      },
    ],
    { store, clock: new ManualClock(NOW), http },
  );
  return { integrator, stored };
}

describe('an API of the user against strange replies', () => {
  it('fails with a code or stores rows whose times and numbers are sound', async () => {
    const rng = createRng(11);
    let body = '';
    const { integrator, stored } = apiOf(() => body);
    const failures = new Map<string, number>();
    for (let round = 0; round < 3_000; round += 1) {
      let value: unknown = REPLY;
      do value = mutate(value, rng);
      while (rng() < 0.3);
      const text = JSON.stringify(value) ?? '';
      body = rng() < 0.1 ? text.slice(0, Math.floor(rng() * text.length)) : text;
      const [report] = await integrator.pull();
      const code = report!.error?.code;
      if (code !== undefined) failures.set(code, (failures.get(code) ?? 0) + 1);
      for (const { timeMs, endMs, availableTimeMs, numbers } of stored.splice(0)) {
        timeMs.forEach((time, i) => {
          expect(Number.isSafeInteger(time) && time < endMs[i]! && endMs[i]! <= availableTimeMs[i]!).toBe(true);
          expect(availableTimeMs[i]).toBeLessThanOrEqual(NOW);
        });
        for (const column of Object.values(numbers)) expect(column.some((x) => Math.abs(x) === Infinity)).toBe(false);
      }
    }
    expect(failures.size).toBeGreaterThan(3);
    for (const code of failures.keys()) expect(code).toMatch(/^(external|ingest|http)\.[a-z_]+$/);
  }, 60_000);

  it.each([
    ['data.items', `{"data":{"items":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`],
    ['a row', `{"data":{"items":[{"day":"2024-01-01","level":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}]}}`],
  ])('fails with a code where %s is nested beyond reason', async (_where, body) => {
    const [report] = await apiOf(() => body).integrator.pull();
    expect(report).toMatchObject({ status: 'failed', error: { code: 'external.nested' } });
    const [whole] = await apiOf(() => body, '').integrator.pull();
    expect(whole!.reports.reduce((sum, { stored }) => sum + stored, 0)).toBe(0);
  });
});
