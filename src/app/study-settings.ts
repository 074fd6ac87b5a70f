import { join } from 'node:path';
import { ConfigError } from '../domain/index.ts';
import { bestTrial, overfittingProbability, type ParameterValues, StudyFile, type TunedLearner } from '../model/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

export interface StudySettings {
  readonly learner: TunedLearner;
  readonly settings: ParameterValues;
  /** Null with too few trials to tell. */
  readonly overfittingProbability: number | null;
}

/** The learner that a study searched, with the settings of its best trial. @throws ConfigError `tuning.study_missing` */
export async function studySettings({ dataDir }: Pick<AppParts, 'dataDir'>, name: string): Promise<StudySettings> {
  const path = join(dataDir, PATHS.studies, `${name}.ndjson`);
  const head = await StudyFile.headOf(path);
  const trials = head ? (await StudyFile.open(path, head)).trials : [];
  const best = bestTrial(trials);
  if (!head || !best) {
    throw new ConfigError('tuning.study_missing', `there is no study ${name} with a finished trial`, {
      hint: `Begin one with \`ets tune --study ${name} --trials 50\`.`,
    });
  }
  const { seed: _, ...fixed } = head.space.fixed;
  return {
    learner: head.space.learner,
    settings: { ...fixed, ...best.params },
    overfittingProbability: overfittingProbability(trials),
  };
}
