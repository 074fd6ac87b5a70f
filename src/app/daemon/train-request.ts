import type { Config, Endpoints } from '../../config/index.ts';
import type { TimeMs } from '../../domain/index.ts';

/** What the daemon hands to the process that trains; both run the same build, so its insides are not checked again. */
export interface TrainRequest {
  readonly dataDir: string;
  readonly config: Config;
  readonly endpoints: Endpoints | undefined;
  readonly untilMs: TimeMs;
}
