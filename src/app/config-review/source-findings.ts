import { existsSync } from 'node:fs';
import { declaredFile } from '../declared-file.ts';
import { type Finding, problem, type ReviewedConfig, warning } from './finding.ts';

const WHALES = 'whale_data';
const WHALE_KEY = 'ETS_WHALE_ALERT_API_KEY';
const DEFAULT_LABELS = 'config/address_labels.yaml';

/** Keys that sources need, and whether something else stands in without them. */
export function sourceFindings({ config, env, dataSources }: ReviewedConfig): Finding[] {
  const { sources, backup } = config;
  const found: Finding[] = [];
  if (!env[WHALE_KEY]) {
    const without = `${WHALE_KEY} is not set`;
    if (sources.rpc !== undefined) found.push(warning('sources.whaleAlert', `${without}: large transfers come from the node`));
    else if (dataSources[WHALES] !== undefined)
      found.push(problem(`data_sources.${WHALES}`, `${without}, and no node (sources.rpc) can tell of large transfers instead`));
    else found.push(warning('sources.whaleAlert', `${without}, and there is no node: decisions go without large transfers`));
  }
  if (sources.beacon === undefined && sources.beaconchain !== undefined && !env.ETS_BEACONCHAIN_API_KEY)
    found.push(
      warning('sources.beaconchain', 'ETS_BEACONCHAIN_API_KEY is not set: it is asked without one, which it allows less'),
    );
  if (backup.s3.bucket !== undefined && !(env.ETS_S3_ACCESS_KEY_ID && env.ETS_S3_SECRET_ACCESS_KEY))
    found.push(problem('backup.s3.bucket', 'needs ETS_S3_ACCESS_KEY_ID and ETS_S3_SECRET_ACCESS_KEY'));
  return [...found, ...channelFindings(env)];
}

const PAIRS = [
  ['ETS_TELEGRAM_BOT_TOKEN', 'ETS_TELEGRAM_CHAT_ID'],
  ['ETS_SMTP_URL', 'ETS_EMAIL_TO'],
] as const;

/** Half of a channel's settings: messages would silently go nowhere. */
function channelFindings(env: ReviewedConfig['env']): Finding[] {
  return PAIRS.flatMap(([first, second]) => {
    if (Boolean(env[first]) === Boolean(env[second])) return [];
    const [set, missing] = env[first] ? [first, second] : [second, first];
    return [warning(missing, `is not set, and ${set} is: no message goes this way`)];
  });
}

/** Files and folders that the configuration names and that are not there yet. */
export function fileFindings({ config, dataSources, dataDir }: ReviewedConfig): Finding[] {
  const { extraction, server, backup } = config;
  const named: [string, string | undefined][] = [
    ['extraction.addressLabels', extraction.addressLabels === DEFAULT_LABELS ? undefined : extraction.addressLabels],
    ['server.tlsCertFile', server.tlsCertFile],
    ['server.tlsKeyFile', server.tlsKeyFile],
    ['backup.copyDir', backup.copyDir],
    ...Object.entries(dataSources).map(([name, source]): [string, string | undefined] => [
      `data_sources.${name}.path`,
      source.type === 'file' ? declaredFile(source.path, dataDir) : undefined,
    ]),
  ];
  return named.flatMap(([path, file]) =>
    file === undefined || existsSync(file) ? [] : [warning(path, `${file} is not there yet`)],
  );
}
