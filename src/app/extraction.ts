import { join } from 'node:path';
import { readAddressLabels } from '../config/index.ts';
import { createRng } from '../domain/index.ts';
import {
  checkSources,
  createExtractionAgent,
  type ExtractionAgent,
  type SourceCheck,
  type SourceKeys,
} from '../extraction/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';
import { whaleSettings } from './external-data.ts';

/** The sandbox's own chain id. */
const SANDBOX_CHAIN_ID = 1;
/** The only Whale Alert key that is ever sent to a sandbox. */
const SANDBOX_WHALE_ALERT_KEY = 'sandbox';

/** The extraction agent on the data directory, with every source that is configured. @param datasets to ask for, all unless told */
export function openExtraction(parts: AppParts, datasets?: readonly string[]): ExtractionAgent {
  const { store, clock, timer, budgets, urls, env, world, dataDir, config, dataSources, endpoints } = parts;
  const keys = sourceKeys(world, env);
  const { baseUrl, minValueEth } = whaleSettings(dataSources.current);
  const whaleAlert = world.kind === 'real' && endpoints === undefined ? (baseUrl ?? urls.whaleAlert) : urls.whaleAlert;
  const { requestTimeoutS, sourceDayTimeoutS, dayTimeoutS, blockDepth, traces, whaleMinValueUsd, whalePlanDays } =
    config.extraction;
  return createExtractionAgent({
    store,
    clock,
    timer,
    rng: createRng(config.model.seed, 0xe17),
    budgets,
    ...(datasets && { datasets }),
    urls: { ...urls, whaleAlert: keys.whaleAlert === undefined ? undefined : whaleAlert },
    keys,
    addressLabels: readAddressLabels(config.extraction.addressLabels),
    ...(config.sources.feeds && world.kind === 'real' && { feeds: config.sources.feeds }),
    blockDepth,
    traces,
    whaleMinValueUsd,
    whalePlanDays,
    ...(minValueEth !== undefined && { whaleMinValueEth: minValueEth }),
    stateFile: join(dataDir, PATHS.extractionState),
    requestTimeoutMs: requestTimeoutS * 1000,
    sourceDayTimeoutMs: sourceDayTimeoutS * 1000,
    dayTimeoutMs: dayTimeoutS * 1000,
    ...(world.kind === 'sandbox' && { chainId: SANDBOX_CHAIN_ID }),
  });
}

/** How every configured source answers one small question. */
export async function checkConfiguredSources({
  urls,
  env,
  world,
  clock,
  timer,
  config,
  signal,
}: AppParts): Promise<SourceCheck[]> {
  return checkSources({
    urls,
    keys: sourceKeys(world, env),
    feeds: world.kind === 'real' ? (config.sources.feeds ?? []) : [],
    nowMs: clock.nowMs(),
    timer,
    rng: createRng(config.model.seed, 0xc4ec),
    requestTimeoutMs: config.extraction.requestTimeoutS * 1000,
    signal: signal ?? new AbortController().signal,
    ...(world.kind === 'sandbox' && { chainId: SANDBOX_CHAIN_ID }),
  });
}

/** Keys from the environment; a sandbox never gets a real one. */
const sourceKeys = (world: AppParts['world'], env: AppParts['env']): SourceKeys =>
  world.kind === 'sandbox'
    ? { whaleAlert: SANDBOX_WHALE_ALERT_KEY }
    : { whaleAlert: env.ETS_WHALE_ALERT_API_KEY || undefined, beaconchain: env.ETS_BEACONCHAIN_API_KEY || undefined };
