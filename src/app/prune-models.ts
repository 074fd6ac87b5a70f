import { join } from 'node:path';
import { ChallengerFile, type ModelRegistry } from '../model/index.ts';
import { foldJournal, readJournal } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/**
 * Removes all but the newest `keep` versions, and none that serves, served before, is on trial, or opened the position that
 * is held. Returns what was removed.
 * @param inUse further versions to keep: one that stands in for a damaged current one serves without being current
 * @throws ModelError `registry.challenger_damaged`; removes nothing where it is not known what is on trial
 */
export async function pruneModels(
  { dataDir }: Pick<AppParts, 'dataDir'>,
  registry: ModelRegistry,
  keep: number,
  inUse: readonly string[] = [],
): Promise<string[]> {
  const trial = await new ChallengerFile(registry.folder).current();
  const { entries } = await readJournal(join(dataDir, PATHS.journal));
  const { openTrade } = await foldJournal(entries);
  return registry.prune(keep, [...inUse, ...[trial?.modelId, openTrade?.modelId].flatMap((id) => id ?? [])]);
}
