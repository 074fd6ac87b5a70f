// Trials a second of the hyperparameter search, beside Optuna and LightGBM in the same run where there is a Python for
// them: the search itself on a function that costs nothing, and boosting of 365 rows x 60 columns judged on three folds.
// Every trial is on disk, as in `ets tune`. Times of one run compare with each other, not with another machine's.
//   ETS_PEERS_PYTHON  python (that of the active virtual environment) with optuna, lightgbm, scikit-learn, pandas
//   ETS_PEERS_DIR     folder of the peers' scripts (../shared/peers where present)
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng, normal } from '../dist/domain/index.js';
import { HyperparameterTuner, parseSearchSpace, StudyFile, WalkForwardObjective } from '../dist/model/index.js';
import { inTemporaryFolder, median } from './measure.mjs';

const { ETS_PEERS_PYTHON, VIRTUAL_ENV } = process.env;
const python = ETS_PEERS_PYTHON ?? (VIRTUAL_ENV === undefined ? undefined : join(VIRTUAL_ENV, 'bin', 'python'));
const peers = process.env.ETS_PEERS_DIR ?? resolve(fileURLToPath(new URL('..', import.meta.url)), '../shared/peers');
const [NOOP_TRIALS, BOOSTING_TRIALS] = [200, 60];
const [ROWS, COLUMNS, CLASSES, FOLDS, BATCH, THREADS] = [365, 60, 3, 3, 8, 2];
const REPEATS = 5;

/** The five parameters of the peer's search. */
const space = parseSearchSpace(
  {
    learner: 'gradient-boosted-trees',
    parameters: {
      learningRate: { low: 0.01, high: 0.3, scale: 'log' },
      maxLeaves: { low: 4, high: 63, integer: true },
      minLeafSamples: { low: 5, high: 50, integer: true },
      l2: { low: 0.001, high: 10, scale: 'log' },
      columnSample: { low: 0.3, high: 1 },
    },
    fixed: { rounds: 60, seed: 1, maxBins: 255 },
  },
  'bench',
);

/** Why there is nothing to compare with, or `null` where there is. */
function whyNoPeers() {
  if (python === undefined) return 'neither ETS_PEERS_PYTHON nor VIRTUAL_ENV is set';
  if (!existsSync(python)) return `there is no ${python}`;
  return existsSync(join(peers, 'tuning.py')) ? null : `there is no tuning.py in ${peers}`;
}

function peer() {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const run = spawnSync(python, [join(peers, 'tuning.py')], { encoding: 'utf8', env, cwd: peers, maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`tuning.py ended with ${run.status}: ${run.stderr.slice(-400)}`);
  return JSON.parse(run.stdout);
}

/** Three classes that follow six of the columns, as the peer's data has them; 1 % is missing. */
function problem() {
  const rng = createRng(7);
  const data = Float64Array.from({ length: ROWS * COLUMNS }, () => normal(rng) * (rng() < 0.05 ? 3 : 1));
  const score = Float64Array.from({ length: ROWS }, (_, row) => {
    const [a, b, c, d, e, f] = data.subarray(row * COLUMNS, row * COLUMNS + 6);
    return Math.tanh(a) * b + 0.8 * (c > 0.2 ? d : -e) + 0.5 * Math.abs(f) - 0.4 + normal(rng);
  });
  const sorted = score.slice().sort();
  const [low, high] = [sorted[Math.floor(0.3 * ROWS)], sorted[Math.floor(0.7 * ROWS)]];
  const y = Uint8Array.from(score, (value) => (value > high ? 0 : value < low ? 1 : 2));
  for (let at = 0; at < data.length; at++) if (rng() < 0.01) data[at] = Number.NaN;
  return { X: { data, rows: ROWS, columns: COLUMNS }, y };
}

async function search(path, trials, folds, objective) {
  const head = { study: 1, space, untilMs: null, seed: 1, folds, batchSize: BATCH, data: 'bench' };
  const log = await StudyFile.open(path, head);
  const begun = performance.now();
  const tuner = new HyperparameterTuner({ space, seed: 1, folds, batchSize: BATCH, patience: 10_000, log, objective });
  const { best } = await tuner.run(trials);
  return { perSecond: (1000 * trials) / (performance.now() - begun), best, trials: log.trials };
}

async function medianOf(folder, name, work) {
  const runs = [];
  for (let i = 0; i < REPEATS; i++) runs.push(await work(join(folder, `${name}-${i}.ndjson`)));
  return { ...runs.at(-1), perSecond: median(runs.map(({ perSecond }) => perSecond)) };
}

const round = (value, digits = 1) => Number(value.toFixed(digits));

export async function run() {
  const reason = whyNoPeers();
  const theirs = reason === null ? peer() : undefined;
  const { X, y } = problem();
  const boosting = new WalkForwardObjective(space, X, y, { folds: FOLDS, purge: 0, classes: CLASSES, threads: THREADS });
  return inTemporaryFolder(async (folder) => {
    const sum = async (tasks) =>
      tasks.map(({ params, fold }) => ({
        ...{ fold, baseline: 0, rows: 1 },
        loss: Object.values(params).reduce((total, value) => total + Number(value), 0),
      }));
    await search(join(folder, 'warm.ndjson'), BATCH, FOLDS, (tasks) => boosting.score(tasks));
    const noop = await medianOf(folder, 'noop', (path) => search(path, NOOP_TRIALS, 1, sum));
    const fitted = await medianOf(folder, 'boosting', (path) =>
      search(path, BOOSTING_TRIALS, FOLDS, (tasks) => boosting.score(tasks)),
    );
    const foldFits = fitted.trials.reduce((total, { folds }) => total + folds.length, 0);
    // What it would be without successive halving: every trial on all three folds, as the peer has it.
    const perSecondWhole = (fitted.perSecond * foldFits) / (BOOSTING_TRIALS * FOLDS);
    return {
      peers: theirs ? 'measured in this run' : `not measured: ${reason}`,
      noop: {
        ...{ trials: NOOP_TRIALS, trialsPerSecond: round(noop.perSecond) },
        ...(theirs && {
          peerTrialsPerSecond: theirs.noop_trials_per_s,
          timesFaster: round(noop.perSecond / theirs.noop_trials_per_s),
        }),
      },
      boosting: {
        ...{ trials: BOOSTING_TRIALS, threads: THREADS, trialsPerSecond: round(fitted.perSecond), foldFits },
        ...{ ofFoldFits: BOOSTING_TRIALS * FOLDS, trialsPerSecondOnEveryFold: round(perSecondWhole) },
        ...(theirs && {
          peerTrialsPerSecond: theirs.lightgbm_3fold_trials_per_s,
          timesFaster: round(fitted.perSecond / theirs.lightgbm_3fold_trials_per_s),
          timesFasterOnEveryFold: round(perSecondWhole / theirs.lightgbm_3fold_trials_per_s),
        }),
      },
    };
  });
}
