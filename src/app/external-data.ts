import type { DataSource, DataSources } from '../config/index.ts';
import { createRng, DATASET_NAMES } from '../domain/index.ts';
import {
  ExternalDataIntegrator,
  type ExternalSource,
  HttpClient,
  type IngestOptions,
  proposeSource,
} from '../extraction/index.ts';
import type { AppParts } from './app-parts.ts';
import { declaredFile } from './declared-file.ts';

/** The integrator of every declared source that is not one of the built-in ones in other words. */
export function openExternalData(parts: AppParts): ExternalDataIntegrator {
  const { config, store, clock, timer, budgets, signal } = parts;
  const http = new HttpClient({
    fetch,
    timer,
    budgets,
    rng: createRng(config.model.seed, 0xe87),
    requestTimeoutMs: config.extraction.requestTimeoutS * 1000,
    maxAttempts: 3,
  });
  return new ExternalDataIntegrator(externalSources(parts), { store, clock, http, signal });
}

export const externalSources = ({ dataSources, dataDir }: Pick<AppParts, 'dataSources' | 'dataDir'>): ExternalSource[] =>
  Object.entries(dataSources.current)
    .filter(([dataset, source]) => !isBuiltIn(dataset, source))
    .map(([dataset, source]) => ({
      dataset,
      origin: originOf(source, dataDir),
      options: ingestOptions(dataset, source),
      requiredColumns: rulesOf(source).flatMap((rule) => ('required_columns' in rule ? rule.required_columns : [])),
    }));

/** What `data_sources.yaml` says of the built-in whale source: its address, and the smallest transfer to keep, in ETH. */
export function whaleSettings(sources: DataSources): { readonly baseUrl?: string; readonly minValueEth?: number } {
  const source = sources.whale_data;
  if (!source || !isBuiltIn('whale_data', source) || source.type !== 'api') return {};
  const minimum = rulesOf(source).find((rule) => 'min_value' in rule);
  return {
    baseUrl: source.endpoint.replace(WHALE_ALERT_PATH, ''),
    ...(minimum && 'min_value' in minimum && { minValueEth: minimum.min_value }),
  };
}

/** By dataset, the age from which it counts as stale, where a rule says one. */
export const staleAfterHours = (sources: DataSources): Record<string, number> =>
  Object.fromEntries(
    Object.entries(sources).flatMap(([dataset, source]) =>
      rulesOf(source).flatMap((rule) => ('max_age_hours' in rule ? [[dataset, rule.max_age_hours]] : [])),
    ),
  );

/** How a file or the reply of an address would be read as a dataset of one's own. Nothing is stored. */
export async function proposeFrom(parts: AppParts, place: string, options: IngestOptions) {
  const { readTable, readContent } = await import('../extraction/index.ts');
  const dataset = options.dataset ?? 'my_data';
  const wanted = { ...options, dataset };
  if (!/^https?:/.test(place)) return proposeSource(await readTable(place, wanted), parts.clock.nowMs());
  const http = new HttpClient({ fetch, timer: parts.timer, budgets: parts.budgets, rng: createRng(1), maxAttempts: 1 });
  const text = await http.text({ source: 'proposal', url: place }, (body) => body);
  return proposeSource(await readContent(place, Buffer.from(text), wanted), parts.clock.nowMs());
}

const WHALE_ALERT_PATH = /\/v1\/transactions\/?$/;
const isBuiltIn = (dataset: string, source: DataSource): boolean =>
  dataset === 'whale_data' && source.type === 'api' && WHALE_ALERT_PATH.test(source.endpoint);
const rulesOf = (source: DataSource) => source.validation_rules ?? [];

function originOf(source: DataSource, dataDir: string): ExternalSource['origin'] {
  switch (source.type) {
    case 'api': {
      const { endpoint, headers = {}, records, refresh_interval } = source;
      return { kind: 'api', endpoint, headers, records, refreshMs: refresh_interval * 1000 };
    }
    case 'file':
      return { kind: 'file', path: declaredFile(source.path, dataDir), isReloaded: source.auto_reload };
    case 'websocket':
      return { kind: 'websocket', url: source.url, subscribe: source.subscribe, records: source.records };
  }
}

function ingestOptions(dataset: string, source: DataSource): IngestOptions {
  const { time, time_unit, interval, columns, known_after } = source.schema ?? {};
  const isOwn = !(DATASET_NAMES as readonly string[]).includes(dataset);
  const limits: { min?: number; max?: number } = {};
  for (const rule of rulesOf(source)) {
    if ('min_value' in rule) limits.min = rule.min_value;
    if ('max_value' in rule) limits.max = rule.max_value;
  }
  return {
    dataset,
    ...(time !== undefined && { timeColumn: time }),
    ...(time_unit !== undefined && { timeUnit: time_unit }),
    ...(interval !== undefined && { interval }),
    ...(columns !== undefined && { rename: columns }),
    ...(known_after !== undefined && { knownAfterMs: known_after * 1000 }),
    ...(source.type === 'file' && source.table !== undefined && { table: source.table }),
    ...(isOwn && Object.keys(limits).length > 0 && { limits }),
  };
}
