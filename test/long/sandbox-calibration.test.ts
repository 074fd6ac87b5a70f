import { describe, expect, it } from 'vitest';
import { procedureOf } from '../../src/app/cycle-settings.ts';
import { loadView } from '../../src/app/load-view.ts';
import { DAY_MS } from '../../src/domain/index.ts';
import {
  classwiseCalibrationError,
  expectedCalibrationError,
  MemoryWalkForwardCache,
  ModelTrainer,
  UNKNOWN_LABEL,
} from '../../src/model/index.ts';
import { END_MS, simulatedHistory } from '../simulated-history.fixture.ts';

/** Fixed beforehand: worlds 41 to 56. Yahoo keeps 730 days of hours, so each world gives 330 days, all together 5,280. */
const SEEDS = Array.from({ length: 16 }, (_, i) => 41 + i);
const SCORED_DAYS = 330;
const TRAIN_DAYS = 365;
const WARM_UP_DAYS = 30;
/** A model serves four times as long here as in operation, where it has to be right for a week only. */
const STEP_DAYS = 30;
const ROWS = 5_000;

/** What the shipped procedure says of every day of the sandbox's last years, each from a model that knew none of it. */
async function outOfSample(seed: number, edge: number) {
  const history = await simulatedHistory({ seed, edge, days: SCORED_DAYS + TRAIN_DAYS + WARM_UP_DAYS });
  try {
    const { config } = history.parts;
    const view = await loadView(history.parts, END_MS);
    const { set } = view.table(view.canonicalFor(END_MS).series);
    const trainer = new ModelTrainer({
      procedure: procedureOf(config),
      ...{ trainDays: TRAIN_DAYS, scoredDays: 0, threads: 2, cache: new MemoryWalkForwardCache() },
    });
    const probabilities: number[] = [];
    const labels: number[] = [];
    for (let startMs = END_MS - SCORED_DAYS * DAY_MS; startMs < END_MS; startMs += STEP_DAYS * DAY_MS) {
      const said = (await trainer.fit(set, startMs)).predictProba(set.matrix);
      set.timeMs.forEach((timeMs, row) => {
        const isOfStep = timeMs >= startMs && timeMs < Math.min(END_MS, startMs + STEP_DAYS * DAY_MS);
        if (!isOfStep || set.label[row] === UNKNOWN_LABEL) return;
        probabilities.push(...said.subarray(row * 3, row * 3 + 3));
        labels.push(set.label[row]!);
      });
    }
    return { probabilities, labels };
  } finally {
    await history.close();
  }
}

describe('probabilities of the sandbox are calibrated', () => {
  it.each([0.02, 0.3])('out of sample, where the chain explains %d of the variance', async (edge) => {
    const worlds = [];
    for (const seed of SEEDS) worlds.push(await outOfSample(seed, edge));
    const probabilities = Float64Array.from(worlds.flatMap((world) => world.probabilities));
    const labels = Uint8Array.from(worlds.flatMap((world) => world.labels));
    expect(labels.length).toBeGreaterThanOrEqual(ROWS);
    const ece = expectedCalibrationError(probabilities, labels);
    const byClass = classwiseCalibrationError(probabilities, labels);
    console.info(`edge ${edge}: ${labels.length} rows, calibration error ${ece.toFixed(4)}, by class ${byClass.toFixed(4)}`);
    expect(ece).toBeLessThan(0.05);
    expect(byClass).toBeLessThan(0.05);
  });
});
