import { join } from 'node:path';
import { ConfigError } from '../domain/index.ts';
import { bestTrial, type ParameterValues, StudyFile, type TunedLearner } from '../model/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** The learner that a study searched, with the settings of its best trial. @throws ConfigError `tuning.study_missing` */
export async function studySettings(
  { dataDir }: Pick<AppParts, 'dataDir'>,
  name: string,
): Promise<{ readonly learner: TunedLearner; readonly settings: ParameterValues }> {
  const path = join(dataDir, PATHS.studies, `${name}.ndjson`);
  const head = await StudyFile.headOf(path);
  const best = head && bestTrial((await StudyFile.open(path, head)).trials);
  if (!head || !best) {
    throw new ConfigError('tuning.study_missing', `there is no study ${name} with a finished trial`, {
      hint: `Begin one with \`ets tune --study ${name} --trials 50\`.`,
    });
  }
  const { seed: _, ...fixed } = head.space.fixed;
  return { learner: head.space.learner, settings: { ...fixed, ...best.params } };
}
