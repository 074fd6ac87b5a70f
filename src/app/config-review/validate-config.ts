import { readFileSync } from 'node:fs';
import {
  type ConfigInputs,
  checkConfig,
  checkDataSources,
  ENV_FILE,
  readDataSources,
  unknownVariables,
} from '../../config/index.ts';
import { systemClock } from '../../domain/index.ts';
import { type ConfigReview, reviewConfig } from './review-config.ts';

export interface ValidateOptions extends ConfigInputs {
  readonly dataDir: string;
  readonly envFile?: string | undefined;
  readonly liveAccount: string | undefined;
}

/**
 * Everything that is wrong or unwise in a configuration, on this machine and for this user. What it says is judged once the
 * files themselves can be read.
 */
export async function validateConfig({ dataDir, envFile, liveAccount, ...inputs }: ValidateOptions): Promise<ConfigReview> {
  const { config, problems } = checkConfig(inputs);
  const sourceProblems = checkDataSources(undefined, inputs.env);
  const found = [...problems, ...sourceProblems];
  const unknown = unknownVariables(inputs.env);
  if (config === undefined) return { problems: found, warnings: unknown };
  const review = await reviewConfig({
    config,
    env: inputs.env,
    dataDir,
    dataSources: sourceProblems.length === 0 ? readDataSources(inputs.env) : {},
    envFile: envFile ?? ENV_FILE,
    liveAccount,
    nowMs: systemClock.nowMs(),
    leastPort: leastPort(),
  });
  return { problems: [...found, ...review.problems], warnings: [...unknown, ...review.warnings] };
}

const PRIVILEGED_PORTS = 1024;

/** The least port that this user may listen on: any for root, else what the kernel says (Linux), else 1024. */
function leastPort(): number {
  if (process.getuid === undefined || process.getuid() === 0) return 1;
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return PRIVILEGED_PORTS;
  }
}
