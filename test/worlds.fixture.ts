import { createRng, DAY_MS, type Matrix, normal, type Rng } from '../src/domain/index.ts';
import { assessSkill, MemoryWalkForwardCache, ModelTrainer, type SkillVerdict, type TrainingSet } from '../src/model/index.ts';

const START_MS = Date.UTC(2020, 0, 1, 23);
const WARM_UP_DAYS = 40;
const TRAIN_DAYS = 300;
const SCORED_DAYS = 91;
const PROCEDURE = { trees: 20, folds: 4, purgeRows: 1, seed: 1 };
const LAGS = [1, 2, 3, 5, 10, 20];

/** A year of a price that walks at random, with bursts of volatility, and features of the kind that traders look at. */
function randomWalk(seed: number): TrainingSet {
  const rng = createRng(seed, 0x3a1);
  const days = TRAIN_DAYS + SCORED_DAYS + 2;
  let deviation = 0.03;
  const steps = Float64Array.from({ length: days + WARM_UP_DAYS + 1 }, () => {
    deviation = 0.03 * Math.exp(0.9 * Math.log(deviation / 0.03) + 0.15 * normal(rng));
    return deviation * normal(rng);
  });
  const sumOf = (end: number, length: number, of: (x: number) => number) => {
    let sum = 0;
    for (let i = end - length; i < end; i += 1) sum += of(steps[i]!);
    return sum;
  };
  const names = LAGS.flatMap((lag) => [`return_${lag}`, `volatility_${lag}`]);
  const data = new Float64Array(days * names.length);
  const label = new Uint8Array(days);
  for (let day = 0; day < days; day += 1) {
    const now = day + WARM_UP_DAYS;
    data.set(
      LAGS.flatMap((lag) => [sumOf(now, lag, (x) => x), Math.sqrt(sumOf(now, lag, (x) => x * x) / lag)]),
      day * names.length,
    );
    const band = 0.5 * Math.sqrt(sumOf(now, 20, (x) => x * x) / 20);
    const next = steps[now]!;
    label[day] = next > band ? 0 : next < -band ? 1 : 2;
  }
  return setOf(names, data, label);
}

function setOf(names: readonly string[], data: Float64Array, label: Uint8Array): TrainingSet {
  const timeMs = Float64Array.from(label, (_, day) => START_MS + day * DAY_MS);
  const matrix: Matrix = { data, rows: label.length, columns: names.length, names };
  return { names, timeMs, matrix, label, labelKnownMs: timeMs.map((time) => time + DAY_MS) };
}

/** What the procedure's walk-forward over 13 weeks says of its own skill in a world without any. */
export async function skillInRandomWalk(seed: number): Promise<SkillVerdict['verdict']> {
  const set = randomWalk(seed);
  const untilMs = START_MS + (TRAIN_DAYS + SCORED_DAYS + 1) * DAY_MS;
  const trainer = new ModelTrainer({
    procedure: PROCEDURE,
    trainDays: TRAIN_DAYS + SCORED_DAYS,
    scoredDays: SCORED_DAYS,
    threads: 1,
    cache: new MemoryWalkForwardCache(),
  });
  const scored = await trainer.walkForward(set, untilMs);
  const probabilities = Float64Array.from(scored.flatMap((one) => [...one.probabilities]));
  const baseline = Float64Array.from(scored.flatMap((one) => [...one.baseline]));
  const labels = Uint8Array.from(scored, ({ row }) => set.label[row]!);
  return assessSkill({ probabilities, baseline, labels }, createRng(seed)).verdict;
}

/** Days whose classes are drawn from known probabilities of two features among eight; the rest is noise. */
export function plantedWorld(days: number, strength: number, seed: number) {
  const rng = createRng(seed, 0x91a);
  const columns = 8;
  const data = Float64Array.from({ length: days * columns }, () => normal(rng));
  const truth = new Float64Array(days * 3);
  const label = new Uint8Array(days);
  for (let day = 0; day < days; day += 1) {
    const [a, b] = [data[day * columns]!, data[day * columns + 1]!];
    const scores = [strength * a, -strength * a, strength * (b * b - 1)].map(Math.exp);
    const total = scores.reduce((sum, score) => sum + score, 0);
    truth.set(
      scores.map((score) => score / total),
      day * 3,
    );
    label[day] = draw(truth.subarray(day * 3, day * 3 + 3), rng);
  }
  const names = Array.from({ length: columns }, (_, i) => `feature_${i}`);
  return { set: setOf(names, data, label), truth, startMs: START_MS };
}

function draw(shares: Float64Array, rng: Rng): number {
  const at = rng();
  return at < shares[0]! ? 0 : at < shares[0]! + shares[1]! ? 1 : 2;
}
