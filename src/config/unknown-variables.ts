import { variablesOfDataSources } from './data-sources.ts';
import { configLeaves } from './leaves.ts';
import { type ConfigProblem, nearest } from './problems.ts';

/** Variables that set no setting of the configuration: places, secrets, channels, and what compose files and `deploy.sh` take. */
const VARIABLES: readonly string[] = [
  'ETS_DATA_DIR',
  'ETS_LOG_DIR',
  'ETS_ENV_FILE',
  'ETS_UID',
  'ETS_GID',
  'ETS_PUBLISH',
  'ETS_CONTAINER',
  'ETS_GIT_COMMIT',
  'ETS_STAGING_DATA',
  'ETS_STAGING_LOGS',
  'ETS_TLS_CERT_FILE',
  'ETS_TLS_KEY_FILE',
  'ETS_GRAFANA_PASSWORD',
  'ETS_WHALE_ALERT_API_KEY',
  'ETS_BEACONCHAIN_API_KEY',
  'ETS_BINANCE_API_KEY',
  'ETS_BINANCE_API_KEY_FILE',
  'ETS_BINANCE_API_SECRET',
  'ETS_BINANCE_API_SECRET_FILE',
  'ETS_KEYS_PASSPHRASE',
  'ETS_KEYS_PASSPHRASE_FILE',
  'ETS_API_TOKEN',
  'ETS_METRICS_TOKEN',
  'ETS_BACKUP_KEY',
  'ETS_S3_ACCESS_KEY_ID',
  'ETS_S3_SECRET_ACCESS_KEY',
  'ETS_TELEGRAM_BOT_TOKEN',
  'ETS_TELEGRAM_CHAT_ID',
  'ETS_TELEGRAM_ALLOWED_USERS',
  'ETS_TELEGRAM_API_URL',
  'ETS_DISCORD_WEBHOOK_URL',
  'ETS_SLACK_WEBHOOK_URL',
  'ETS_SMTP_URL',
  'ETS_EMAIL_TO',
  'ETS_EMAIL_FROM',
  'ETS_WEBHOOK_URL',
  'ETS_WEBHOOK_SECRET',
  'ETS_NTFY_URL',
  'ETS_NTFY_TOKEN',
  'ETS_HEARTBEAT_URL',
];

/** Of this project's own tests and benchmarks. */
const OWN_TOOLS = /^ETS_(TEST|BENCH|PEERS)_/;

/**
 * Variables that begin with `ETS_` and that nothing reads, each with the nearest name that is read: a misspelt one leaves a
 * setting at its default. Names that `config/data_sources.yaml` mentions are read.
 */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  mentioned: readonly string[] = variablesOfDataSources(),
): ConfigProblem[] {
  const known = [...configLeaves().map((leaf) => leaf.env), ...VARIABLES];
  const read = new Set([...known, ...mentioned]);
  return Object.entries(env).flatMap(([name, value]) => {
    const isUnknown = name.startsWith('ETS_') && Boolean(value) && !read.has(name) && !OWN_TOOLS.test(name);
    if (!isUnknown) return [];
    const near = nearest(name, known);
    return [{ path: name, message: `nothing reads this variable${near ? `; did you mean ${near}?` : ''}` }];
  });
}
