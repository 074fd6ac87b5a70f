import { join } from 'node:path';
import { ConfigError, type TimeMs } from '../domain/index.ts';
import { bestTrial, overfittingProbability, type ParameterValues, StudyFile, type TunedLearner } from '../model/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

export interface StudySettings {
  readonly learner: TunedLearner;
  readonly settings: ParameterValues;
  /** Null with too few trials to tell. */
  readonly overfittingProbability: number | null;
  /** Where the days end that the settings were chosen on; the end of time where nobody knows. */
  readonly searchedUntilMs: TimeMs;
  readonly trials: number;
}

/** What a study may be called: never a path that leads elsewhere. */
export const STUDY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** The learner that a study searched, with the settings of its best trial. @throws ConfigError `tuning.study_missing` */
export async function studySettings({ dataDir }: Pick<AppParts, 'dataDir'>, name: string): Promise<StudySettings> {
  const path = join(dataDir, PATHS.studies, `${name}.ndjson`);
  const study = STUDY_NAME.test(name) ? await StudyFile.read(path) : undefined;
  const best = study && bestTrial(study.trials);
  if (!study || !best) {
    throw new ConfigError('tuning.study_missing', `there is no study ${name} with a finished trial`, {
      hint: `Begin one with \`ets tune --study ${name} --trials 50\`.`,
    });
  }
  const { head, trials } = study;
  const { seed: _, ...fixed } = head.space.fixed;
  return {
    learner: head.space.learner,
    settings: { ...fixed, ...best.params },
    overfittingProbability: overfittingProbability(trials),
    searchedUntilMs: head.searchedUntilMs ?? head.untilMs ?? Number.MAX_SAFE_INTEGER,
    trials: trials.length,
  };
}
