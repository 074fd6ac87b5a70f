import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CLASS_LABELS, ConfigError, DAY_MS, ModelError, startOfDayMs, type TimeMs } from '../domain/index.ts';
import { featureCodeHash } from '../features/index.ts';
import type { ModelManifest, ModelRegistry } from '../model/index.ts';
import { selectTrainingData } from '../model/index.ts';
import { importEnsemble, readLightGbm } from '../model/interchange/index.ts';
import type { AppParts } from './app-parts.ts';
import { ownCommit, ownVersion } from './build-info.ts';
import { lastDecisionMs } from './features.ts';
import { loadView } from './load-view.ts';

const UNSCORED = { accuracy: null, logLoss: null, brier: null, ece: null, days: 0 };

export interface ImportOptions {
  /** A text file that LightGBM's save_model wrote. */
  readonly file: string;
  /** When its training window ended: days before it are no test of it. */
  readonly trainedUntilMs: TimeMs;
}

/**
 * A model that was trained elsewhere, as a version that does not serve until it is promoted. Its columns must have the
 * names of features here; class shares are those of this data directory's training window.
 * @throws ModelError `lightgbm.*`, `training.too_few_rows`; ConfigError `import.unreadable_file`, `import.unknown_feature`
 */
export async function importModel(
  parts: AppParts,
  registry: ModelRegistry,
  { file, trainedUntilMs }: ImportOptions,
): Promise<ModelManifest> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('import.unreadable_file', `${file} cannot be read`, { hint: 'Name a file of save_model.', cause });
  });
  const imported = readLightGbm(text, CLASS_LABELS.length);
  const { trainDays } = parts.config.model;
  const untilMs = startOfDayMs(trainedUntilMs);
  const view = await loadView(parts, await lastDecisionMs(parts));
  const canonical = view.canonicalFor(untilMs, trainDays);
  const { set } = view.table(canonical.series);
  const unknown = imported.featureNames.filter((name) => !set.names.includes(name));
  if (unknown.length > 0) {
    throw new ConfigError(
      'import.unknown_feature',
      `the model looks at ${unknown.slice(0, 5).join(', ')}, which is no feature here`,
      {
        hint: 'Train it on the columns that `ets features build` and then `ets data export featured_data FILE.csv` write, under their names.',
        details: { unknown },
      },
    );
  }
  const { rows } = selectTrainingData(set, untilMs - trainDays * DAY_MS, untilMs);
  const classes = [0, 1, 2].map((label) => rows.filter((row) => set.label[row] === label).length) as [number, number, number];
  const shares = classes.map((count) => count / rows.length) as [number, number, number];
  if (shares.includes(0)) {
    throw new ModelError('import.class_missing', 'the training window lacks a class', {
      hint: 'Ingest the prices of that time.',
    });
  }
  return registry.save(importEnsemble(imported, shares).toBytes(), {
    trainedUntilMs: untilMs,
    features: imported.featureNames,
    featureCodeHash: featureCodeHash(),
    canonical: { series: canonical.series, reason: canonical.reason },
    procedureHash: createHash('sha256').update(text).digest('hex').slice(0, 16),
    procedure: { importedFrom: basename(file), format: 'lightgbm' },
    trainDays,
    rows: rows.length,
    classes,
    metrics: UNSCORED,
    baseline: UNSCORED,
    skill: 'unknown',
    gitCommit: await ownCommit(),
    programVersion: await ownVersion(),
    gate: { decision: 'kept', reason: 'imported', checks: [] },
  });
}
