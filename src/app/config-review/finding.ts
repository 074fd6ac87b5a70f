import type { Config, ConfigProblem, DataSources } from '../../config/index.ts';

import type { TimeMs } from '../../domain/index.ts';

/** Everything that a configuration is judged by, besides its own values. */
export interface ReviewedConfig {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataDir: string;
  readonly dataSources: DataSources;
  /** The file of secrets that was read, or would be. */
  readonly envFile: string;
  /** The account that `--live --i-understand` names. */
  readonly liveAccount: string | undefined;
  readonly nowMs: TimeMs;
  /** The least port that this user may listen on. */
  readonly leastPort: number;
}

/** A problem keeps the program from doing what the configuration says; a warning does not. */
export interface Finding extends ConfigProblem {
  readonly severity: 'problem' | 'warning';
}

export const problem = (path: string, message: string): Finding => ({ severity: 'problem', path, message });
export const warning = (path: string, message: string): Finding => ({ severity: 'warning', path, message });
