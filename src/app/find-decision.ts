import { join } from 'node:path';
import { ConfigError } from '../domain/index.ts';
import { type DecisionRecord, readDecisionLog } from '../trading/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** The record of a past decision. @throws ConfigError `replay.no_such_decision` */
export async function findDecision({ dataDir }: Pick<AppParts, 'dataDir'>, decisionId: string): Promise<DecisionRecord> {
  const record = (await readDecisionLog(join(dataDir, PATHS.decisions))).find((one) => one.decisionId === decisionId);
  if (record) return record;
  throw new ConfigError('replay.no_such_decision', `there is no decision ${decisionId}`, {
    hint: 'See `ets journal` for the decisions of this data directory.',
  });
}
