import type { ConfigProblem } from '../../config/index.ts';
import { AppError } from '../../domain/index.ts';
import { parseDueTimes } from '../../scheduler/index.ts';
import { LIVE_VENUES } from '../../trading/index.ts';
import { changedCapital } from '../changed-capital.ts';
import { exchangeKeys } from '../exchange-keys.ts';
import { openMode } from '../open-env-file.ts';
import { featureFindings } from './feature-findings.ts';
import { type Finding, problem, type ReviewedConfig, warning } from './finding.ts';
import { serverFindings } from './server-findings.ts';
import { fileFindings, sourceFindings } from './source-findings.ts';

/** What a valid schema does not say of a configuration: what keeps it from working here, and what is only unwise. */
export interface ConfigReview {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/** Judges a configuration together with its environment, files and rights. Sends nothing and writes nothing. */
export async function reviewConfig(reviewed: ReviewedConfig): Promise<ConfigReview> {
  const found = [
    ...(await liveFindings(reviewed)),
    ...(await capitalFindings(reviewed)),
    ...scheduleFindings(reviewed),
    ...(await serverFindings(reviewed)),
    ...sourceFindings(reviewed),
    ...fileFindings(reviewed),
    ...featureFindings(reviewed),
    ...secretFileFindings(reviewed),
  ];
  const of = (wanted: Finding['severity']) =>
    found.filter(({ severity }) => severity === wanted).map(({ path, message }) => ({ path, message }));
  return { problems: of('problem'), warnings: of('warning') };
}

async function liveFindings(reviewed: ReviewedConfig): Promise<Finding[]> {
  const { config, liveAccount } = reviewed;
  if (config.mode !== 'live') return [];
  const found: Finding[] = [];
  if (liveAccount === undefined)
    found.push(problem('mode', 'live needs its switch too: --live --i-understand ACCOUNT, here and for `ets run`'));
  if (!LIVE_VENUES.includes(config.exchange.venue))
    found.push(problem('exchange.venue', `no real money goes to ${config.exchange.venue} yet`));
  if (config.futures.enabled && config.exchange.venue !== 'binance')
    found.push(problem('futures.enabled', `no perpetuals are traded at ${config.exchange.venue}`));
  if (config.futures.enabled && config.exchange.testnet)
    found.push(problem('exchange.testnet', 'perpetuals have no testnet that is used here'));
  if (config.futures.enabled)
    found.push(warning('futures.enabled', 'no real account has proven perpetuals yet: begin with little money'));
  try {
    await exchangeKeys(reviewed, 'live');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    found.push(problem('mode', `live needs the keys of the exchange: ${error.message}`));
  }
  return found;
}

async function capitalFindings({ config, dataDir }: ReviewedConfig): Promise<Finding[]> {
  const why = await changedCapital(dataDir, config.capitalUsd);
  return why === undefined ? [] : [warning('capitalUsd', why)];
}

const UPKEEP = ['health', 'extraction', 'backup', 'retention'] as const;

function scheduleFindings({ config }: ReviewedConfig): Finding[] {
  return [...UPKEEP, 'training' as const].flatMap((job) => {
    const { when } = config.schedule[job];
    if (when === undefined) return [];
    try {
      parseDueTimes(when);
      return [];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return [problem(`schedule.${job}.when`, error.message)];
    }
  });
}

function secretFileFindings({ envFile }: ReviewedConfig): Finding[] {
  const mode = openMode(envFile);
  return mode === undefined ? [] : [warning(envFile, `others than its owner may use it (mode ${mode}): chmod 600 ${envFile}`)];
}
