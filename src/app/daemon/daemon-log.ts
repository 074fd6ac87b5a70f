import { join } from 'node:path';
import { createLogger, type Logger, type Redact } from '../../monitoring/index.ts';
import type { AppParts } from '../app-parts.ts';

/** The daemon's log: JSON lines on standard error, and in `$ETS_LOG_DIR/ets.log` where that is set. */
export const openDaemonLog = ({ env, logLevel = 'info' }: Pick<AppParts, 'env' | 'logLevel'>, redact: Redact): Logger =>
  createLogger({
    level: logLevel,
    file: env.ETS_LOG_DIR ? join(env.ETS_LOG_DIR, 'ets.log') : undefined,
    redact,
    write: (line) => process.stderr.write(line),
  });

/** The same parts, with what is told of progress in the log. Shares of a long piece of work are for terminals only. */
export const loggedParts = (parts: AppParts, log: Logger, redact: Redact): AppParts => ({
  ...parts,
  redact,
  onProgress(text, share) {
    if (share === undefined) log.info(text);
    else log.debug({ share }, text);
    parts.onProgress(redact(text), share);
  },
});
