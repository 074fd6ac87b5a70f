import { join } from 'node:path';
import { createRng } from '../domain/index.ts';
import { createExtractionAgent, type ExtractionAgent } from '../extraction/index.ts';
import { type AppParts, PATHS } from './app-parts.ts';

/** The sandbox's own chain id. */
const SANDBOX_CHAIN_ID = 1;
/** The only Whale Alert key that is ever sent to a sandbox. */
const SANDBOX_WHALE_ALERT_KEY = 'sandbox';

/** The extraction agent on the data directory, with every source that is configured. @param datasets to ask for, all unless told */
export function openExtraction(parts: AppParts, datasets?: readonly string[]): ExtractionAgent {
  const { store, clock, timer, urls, env, world, dataDir, config } = parts;
  const whaleAlert = world.kind === 'sandbox' ? SANDBOX_WHALE_ALERT_KEY : env.ETS_WHALE_ALERT_API_KEY || undefined;
  const { requestTimeoutS, sourceDayTimeoutS, dayTimeoutS } = config.extraction;
  return createExtractionAgent({
    store,
    clock,
    timer,
    rng: createRng(config.model.seed, 0xe17),
    ...(datasets && { datasets }),
    urls: { ...urls, whaleAlert: whaleAlert === undefined ? undefined : urls.whaleAlert },
    keys: { whaleAlert },
    stateFile: join(dataDir, PATHS.extractionState),
    requestTimeoutMs: requestTimeoutS * 1000,
    sourceDayTimeoutMs: sourceDayTimeoutS * 1000,
    dayTimeoutMs: dayTimeoutS * 1000,
    ...(world.kind === 'sandbox' && { chainId: SANDBOX_CHAIN_ID }),
  });
}
