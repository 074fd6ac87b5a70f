import { join } from 'node:path';
import { AppError, money } from '../domain/index.ts';
import { foldJournal, type Ledger, readJournal } from '../trading/index.ts';
import { PATHS } from './app-parts.ts';

/**
 * What to tell where `capitalUsd` is another one than the journal began with: it counts once, and money that is given or taken
 * later is journaled by hand. Undefined where there is nothing to tell: what is configured is the capital of the beginning, or
 * what was given until now, or a journal of an earlier version does not say what it began with.
 */
export function whyCapitalIgnored(
  ledger: Pick<Ledger, 'capitalUsd' | 'transfersUsd'>,
  configuredUsd: string,
): string | undefined {
  const { capitalUsd, transfersUsd } = ledger;
  const configured = money(configuredUsd);
  if (capitalUsd === null || configured.eq(capitalUsd) || configured.eq(transfersUsd)) return undefined;
  const given = configured.minus(transfersUsd).toFixed();
  return `capitalUsd is ${configured.toFixed()}, and the journal goes on with the ${capitalUsd.toFixed()} that it began with; \`ets transfer --amount=${given}\` tells it what was given or taken since`;
}

/** The same of a data directory; nothing where its journal is new, or cannot be read: other checks say so. */
export async function changedCapital(dataDir: string, configuredUsd: string): Promise<string | undefined> {
  try {
    return whyCapitalIgnored(await foldJournal((await readJournal(join(dataDir, PATHS.journal))).entries), configuredUsd);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
