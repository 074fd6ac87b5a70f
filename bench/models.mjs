// Learners, stacking and the weekly retrain, beside LightGBM and scikit-learn in the same run where there is a Python for
// them. Times of one run compare with each other, not with another machine's.
//   ETS_PEERS_PYTHON   python (that of the active virtual environment) with lightgbm, scikit-learn, pandas
//   ETS_PEERS_DIR      folder of the peers' scripts (../shared/peers where present)
//   ETS_BENCH_SIZES    comma-separated, of year_daily, years_daily, year_hourly (all)
//   ETS_BENCH_THREADS  comma-separated numbers of threads (1,2)
//   ETS_BENCH_RETRAINS weekly retrains, evenly spread over the years (20; 0 for all)
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng, normal } from '../dist/domain/index.js';
import { buildEnsemble } from '../dist/model/ensemble-builder.js';
import { ExtraTrees, GradientBoostedTrees, LogisticRegression, RandomForest, StackingClassifier } from '../dist/model/index.js';
import { hasRecordedData, inTemporaryFolder, median, recordedData } from './measure.mjs';
import { retrainStarts, walkForwardPlan } from './models/walk-forward-plan.mjs';

const SHAPES = { year_daily: [365, 60], years_daily: [2_920, 60], year_hourly: [8_760, 80] };
const CLASSES = 3;
const { ETS_PEERS_PYTHON, VIRTUAL_ENV } = process.env;
const python = ETS_PEERS_PYTHON ?? (VIRTUAL_ENV === undefined ? undefined : join(VIRTUAL_ENV, 'bin', 'python'));
const peers = process.env.ETS_PEERS_DIR ?? resolve(fileURLToPath(new URL('..', import.meta.url)), '../shared/peers');
const list = (value, all) => (value === undefined ? all : value.split(',').filter((item) => item !== ''));
const sizes = list(process.env.ETS_BENCH_SIZES, Object.keys(SHAPES));
const threadCounts = list(process.env.ETS_BENCH_THREADS, ['1', '2']).map(Number);
const retrains = Number(process.env.ETS_BENCH_RETRAINS ?? 20);

/** Why there is nothing to compare with, or `null` where there is. */
function whyNoPeers() {
  if (python === undefined) return 'neither ETS_PEERS_PYTHON nor VIRTUAL_ENV is set';
  if (!existsSync(python)) return `there is no ${python}`;
  return existsSync(join(peers, 'models.py')) ? null : `there is no models.py in ${peers}`;
}

function peer(script, args, threads) {
  const env = { ...process.env, THREADS: String(threads), OMP_NUM_THREADS: String(threads), PYTHONDONTWRITEBYTECODE: '1' };
  const run = spawnSync(python, [join(peers, script), ...args.map(String)], { encoding: 'utf8', env, maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`${script} ended with ${run.status}: ${run.stderr.slice(-400)}`);
  return JSON.parse(run.stdout);
}

/** Writes a three-class problem (heavy tails, slow columns, 1 % missing) in the format that models.py reads, and returns it. */
function writeMatrix(folder, name) {
  const [trainRows, columns] = SHAPES[name];
  const rows = trainRows + Math.max(2_000, trainRows >> 1);
  const rng = createRng(7);
  const data = new Float64Array(rows * columns);
  for (let at = 0; at < data.length; at++) {
    const shock = normal(rng) * (rng() < 0.05 ? 3 : 1);
    data[at] = (at % columns) % 3 === 0 && at >= columns ? 0.95 * data[at - columns] + 0.3 * shock : shock;
  }
  const score = Float64Array.from({ length: rows }, (_, row) => {
    const [a, b, c, d, e, f] = data.subarray(row * columns, row * columns + 6);
    return Math.tanh(a) * b + 0.8 * (c > 0.2 ? d : -e) + 0.5 * Math.abs(f) - 0.4 + normal(rng);
  });
  const sorted = score.slice().sort();
  const [low, high] = [sorted[Math.floor(0.3 * rows)], sorted[Math.floor(0.7 * rows)]];
  const labels = Uint8Array.from(score, (value) => (value > high ? 0 : value < low ? 1 : 2));
  for (let at = 0; at < data.length; at++) if (rng() < 0.01) data[at] = Number.NaN;
  writeFileSync(join(folder, `${name}.X.f64`), new Uint8Array(data.buffer));
  writeFileSync(join(folder, `${name}.y.u8`), labels);
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ rows, columns, train_rows: trainRows, classes: CLASSES }));
  return { data, labels, rows, columns, trainRows };
}

const matrixOf = ({ data, columns }, from, to) => ({
  data: data.subarray(from * columns, to * columns),
  rows: to - from,
  columns,
});

function sumLogLoss(probabilities, labels) {
  let sum = 0;
  for (let row = 0; row < labels.length; row++) sum -= Math.log(Math.max(1e-15, probabilities[row * CLASSES + labels[row]]));
  return sum;
}

const learners = (threads) => {
  const boosting = (of) =>
    new GradientBoostedTrees({ rounds: 100, learningRate: 0.1, maxLeaves: 31, minLeafSamples: 20, seed: 1, threads: of });
  const forest = (of) => new RandomForest({ trees: 300, minLeafSamples: 3, seed: 1, threads: of });
  const extra = (of) => new ExtraTrees({ trees: 300, minLeafSamples: 3, seed: 1, threads: of });
  const linear = () => new LogisticRegression({ l2: 10 });
  const base = { boosting: boosting(1), forest: forest(1), extra: extra(1), linear: linear() };
  return {
    lightgbm: boosting(threads),
    sklearn_random_forest: forest(threads),
    sklearn_extra_trees: extra(threads),
    sklearn_logistic: linear(),
    sklearn_stacking_cv5: new StackingClassifier({
      base,
      meta: new LogisticRegression({ l2: 1 }),
      folds: 5,
      scheme: 'kfold',
      threads,
    }),
  };
};

async function medianSeconds(work, times) {
  const seconds = [];
  let result;
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    result = await work();
    seconds.push((performance.now() - start) / 1000);
  }
  return { seconds: median(seconds), result };
}

/** Median milliseconds of predicting one row, over 200 rows after as many to warm up. */
function oneRowMs(fitted, problem) {
  const rows = Array.from({ length: 400 }, (_, i) => matrixOf(problem, problem.trainRows + i, problem.trainRows + i + 1));
  const ms = rows.map((row) => {
    const start = performance.now();
    fitted.predictProba(row);
    return performance.now() - start;
  });
  return median(ms.slice(200));
}

async function compareSize(folder, name, threads, withPeers) {
  const problem = writeMatrix(folder, name);
  const { trainRows, rows, labels } = problem;
  const theirs = withPeers ? peer('models.py', [folder, name], threads).rows : [];
  const found = [];
  for (const [counterpart, learner] of Object.entries(learners(threads))) {
    const stack = counterpart.includes('stacking');
    const { seconds, result } = await medianSeconds(
      () => learner.fit(matrixOf(problem, 0, trainRows), labels.subarray(0, trainRows)),
      stack ? 1 : 3,
    );
    const logLoss =
      sumLogLoss(result.predictProba(matrixOf(problem, trainRows, rows)), labels.subarray(trainRows)) / (rows - trainRows);
    const other = theirs.find(({ model }) => model === counterpart);
    found.push({
      ...{
        data: name,
        threads,
        counterpart,
        fitSeconds: round(seconds),
        logLoss: round(logLoss, 4),
        oneRowMs: round(oneRowMs(result, problem), 4),
      },
      ...(other && {
        peerFitSeconds: other.fit_s,
        peerLogLoss: other.log_loss,
        timeRatio: round(seconds / other.fit_s),
        logLossRatio: round(logLoss / other.log_loss, 4),
      }),
    });
  }
  return found;
}

/** The ensemble that ships, and the peer's own settings; both four learners of 100 trees, five forward folds. */
const weeklyStacks = {
  shipped: (names, threads) => buildEnsemble({ trees: 100, folds: 5, purgeRows: 1, seed: 1 }, names, threads),
  withPeersSettings: (_, threads) =>
    new StackingClassifier({
      base: {
        boosting: new GradientBoostedTrees({ rounds: 100, maxLeaves: 15, learningRate: 0.05, seed: 1 }),
        forest: new RandomForest({ trees: 100, minLeafSamples: 5, seed: 1 }),
        extra: new ExtraTrees({ trees: 100, minLeafSamples: 5, seed: 1 }),
        linear: new LogisticRegression({ l2: 20 }),
      },
      meta: new LogisticRegression({ l2: 1 }),
      folds: 5,
      scheme: 'forward',
      purge: 1,
      threads,
    }),
};

/** Each retrain learns from the 364 rows before the first predicted one's eve, and predicts seven. */
async function weeklyRetrains(plan, starts, makeStack) {
  const names = Array.from({ length: plan.columns }, (_, column) => `f${column}`);
  let [loss, baseline, judged] = [0, 0, 0];
  const seconds = [];
  for (const start of starts) {
    const [from, to] = [start - 365, start - 1];
    const learnt = plan.labels.subarray(from, to);
    const begun = performance.now();
    const fitted = await makeStack(names).fit(matrixOf(plan, from, to), learnt);
    const probabilities = fitted.predictProba(matrixOf(plan, start, start + 7));
    seconds.push((performance.now() - begun) / 1000);
    const truth = plan.labels.subarray(start, start + 7);
    const shares = Array.from({ length: CLASSES }, (_, k) => (learnt.filter((label) => label === k).length + 1) / 367);
    loss += sumLogLoss(probabilities, truth);
    baseline += truth.reduce((sum, label) => sum - Math.log(shares[label]), 0);
    judged += truth.length;
  }
  const each = seconds.reduce((sum, value) => sum + value, 0) / seconds.length;
  return { each, logLoss: loss / judged, classSharesLogLoss: baseline / judged };
}

async function weekly(threads, withPeers) {
  const plan = walkForwardPlan(recordedData);
  const { starts, of } = retrainStarts(plan.rows, retrains);
  const theirs = withPeers ? peer('walk_forward.py', ['--retrains', retrains, '--trees', 100], threads) : null;
  const ours = {};
  for (const [name, stack] of Object.entries(weeklyStacks)) {
    const { each, logLoss, classSharesLogLoss } = await weeklyRetrains(plan, starts, (names) => stack(names, threads));
    ours[name] = {
      ...{ secondsPerRetrain: round(each), projectedTotalSeconds: round(each * of, 1) },
      ...{ logLoss: round(logLoss, 4), classSharesLogLoss: round(classSharesLogLoss, 4) },
      ...(theirs && { timesFaster: round(theirs.seconds_per_retrain / each, 1) }),
    };
  }
  return {
    ...{ threads, retrains: starts.length, of, features: plan.columns, ...ours },
    ...(theirs && {
      peer: {
        ...{ secondsPerRetrain: theirs.seconds_per_retrain, projectedTotalSeconds: theirs.projected_total_s },
        ...{ logLoss: theirs.log_loss, classSharesLogLoss: theirs.baseline_log_loss, features: theirs.features },
      },
    }),
  };
}

const round = (value, digits = 3) => Number(value.toFixed(digits));

export async function run() {
  const reason = whyNoPeers();
  const withPeers = reason === null;
  const fits = await inTemporaryFolder(async (folder) => {
    const all = [];
    for (const name of sizes)
      for (const threads of threadCounts) all.push(...(await compareSize(folder, name, threads, withPeers)));
    return all;
  });
  const retrained = [];
  if (hasRecordedData) for (const threads of threadCounts) retrained.push(await weekly(threads, withPeers));
  return {
    peers: withPeers ? 'measured in this run' : `not measured: ${reason}`,
    fits,
    weekly: hasRecordedData ? retrained : 'not measured: the recorded data is not there',
  };
}
