import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StudyFile, trialSharpeVariance } from '../model/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** How much was tried before a strategy was chosen: what its Sharpe ratio is deflated by. */
export interface SearchedTrials {
  /** Trials of every study in the data directory, whichever of them a model took its settings from; at least 1. */
  readonly trials: number;
  /** Variance of their Sharpe ratios per day; absent where it was not measured. */
  readonly trialVariance?: number;
}

/**
 * Counts all studies: who searches ten times and keeps the best has chosen among the trials of all ten.
 * @throws ModelError `tuning.study_damaged`
 */
export async function searchedTrials({ dataDir }: Pick<AppParts, 'dataDir'>): Promise<SearchedTrials> {
  const folder = join(dataDir, PATHS.studies);
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const studies = await Promise.all(
    files
      .filter((file) => file.endsWith('.ndjson') && !file.endsWith('.batch.ndjson'))
      .sort()
      .map((file) => StudyFile.read(join(folder, file))),
  );
  const trials = studies.flatMap((study) => study?.trials ?? []);
  const variance = trialSharpeVariance(trials);
  return { trials: Math.max(1, trials.length), ...(variance !== null && { trialVariance: variance }) };
}
