import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS } from '../../domain/index.ts';
import { type LoggedPrediction, PredictionLog } from './prediction-log.ts';

const predictionOf = (day: number, modelId = 'm'): LoggedPrediction => ({
  decisionTimeMs: day * DAY_MS,
  modelId,
  probabilities: [0.5, 0.25, 0.25],
  baseline: [0.3, 0.3, 0.4],
  recordedMs: day,
});

let folder = '';
let path = '';
let logs = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ets-predictions-'));
  path = join(folder, 'predictions.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fresh = () => join(folder, `sub/${logs++}.ndjson`);
describe('PredictionLog', () => {
  it('begins empty', async () => {
    expect((await PredictionLog.open(fresh())).predictions).toEqual([]);
  });

  it('gives back in time order the first prediction of each decision', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ day: fc.nat(20), modelId: fc.constantFrom('a', 'b') }), { maxLength: 12 }),
        async (said) => {
          const store = await PredictionLog.open(fresh());
          for (const { day, modelId } of said) await store.record(predictionOf(day, modelId));
          const first = [...new Set(said.map(({ day }) => day))].sort((a, b) => a - b);
          expect(store.predictions).toEqual(first.map((day) => predictionOf(day, said.find((x) => x.day === day)?.modelId)));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('does not change what it gave out', async () => {
    const store = await PredictionLog.open(fresh());
    await store.record(predictionOf(1));
    const before = store.predictions;
    await store.record(predictionOf(2));
    expect(before).toHaveLength(1);
  });

  it('keeps the first prediction of a decision through restarts and a torn last line', async () => {
    const log = await PredictionLog.open(path);
    await log.record(predictionOf(2));
    await log.record(predictionOf(1));
    await log.record(predictionOf(2, 'other'));
    appendFileSync(path, '{"decisionTimeMs":3,"mod');
    const again = await PredictionLog.open(path);
    await again.record(predictionOf(3));
    expect((await PredictionLog.open(path)).predictions).toEqual([predictionOf(1), predictionOf(2), predictionOf(3)]);
  });

  it('reads what is whole after a cut at any byte', async () => {
    const log = await PredictionLog.open(path);
    for (const day of [1, 2, 3]) await log.record(predictionOf(day));
    const bytes = readFileSync(path);
    const line = bytes.length / 3;
    for (let length = 0; length <= bytes.length; length += 17) {
      writeFileSync(path, bytes.subarray(0, length));
      const cut = await PredictionLog.open(path);
      expect(cut.predictions).toHaveLength(Math.floor(length / line));
      await cut.record(predictionOf(9));
      expect((await PredictionLog.open(path)).predictions.at(-1)).toEqual(predictionOf(9));
    }
  });

  it('reading changes nothing, so that a line another process is writing is not cut off', async () => {
    const text = JSON.stringify(predictionOf(1));
    writeFileSync(path, text.slice(0, 20));
    const reader = await PredictionLog.open(path);
    appendFileSync(path, `${text.slice(20)}\n`);
    await reader.record(predictionOf(2));
    expect((await PredictionLog.open(path)).predictions).toEqual([predictionOf(1), predictionOf(2)]);
  });

  it('the first one counts after a restart too where two processes recorded the same decision', async () => {
    const [one, other] = [await PredictionLog.open(path), await PredictionLog.open(path)];
    await one.record(predictionOf(1, 'first'));
    await other.record(predictionOf(1, 'second'));
    expect((await PredictionLog.open(path)).predictions).toEqual([predictionOf(1, 'first')]);
  });

  it('refuses a damaged middle', async () => {
    writeFileSync(path, 'noise\n{}\n');
    await expect(PredictionLog.open(path)).rejects.toMatchObject({ code: 'predictions.damaged' });
  });
});
