import { readModelFile } from '../persistence/model-file.ts';
import { decodeFitted } from './decode-fitted.ts';
import type { FittedLearner } from './learner.ts';

/** A fitted learner or stack from a file that `save` wrote. @throws ModelError `learner.unreadable` where it is not one */
export async function load(path: string): Promise<FittedLearner> {
  return decodeFitted(await readModelFile(path));
}
