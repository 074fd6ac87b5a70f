import { existsSync, readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ConfigError } from '../domain/index.ts';
import { type ConfigProblem, toProblems } from './problems.ts';

const validationRule = z.union([
  z.strictObject({
    min_value: z.number().describe('Smaller values are an error; of whale_data: smaller transfers, in ETH, are left out'),
  }),
  z.strictObject({ max_value: z.number().describe('Larger values are an error') }),
  z.strictObject({ max_age_hours: z.number().positive().describe('Older data counts as stale') }),
  z.strictObject({ required_columns: z.array(z.string()).min(1).describe('Columns that have to be there') }),
]);

const name = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'expected lower-case letters, digits and _');

/** What the columns are; what is not said is inferred, see `ets sources propose`. */
const schema = z.strictObject({
  time: z.string().min(1).optional().describe('Column that holds the time'),
  time_unit: z.enum(['s', 'ms', 'us', 'ns', 'iso', 'dmy', 'mdy']).optional(),
  interval: z
    .string()
    .regex(/^\d+[mhdw]$/, 'expected such as 5m, 1h or 1d')
    .optional()
    .describe('Spacing of the rows'),
  columns: z.record(name, z.string().min(1)).optional().describe('Name in the dataset: name in the source'),
  known_after: z.number().min(0).optional().describe("Seconds after the end of a row's interval when it is known"),
});

const common = {
  validation_rules: z.array(validationRule).optional(),
  schema: schema.optional(),
  as_features: z
    .union([z.boolean(), z.array(name).min(1)])
    .optional()
    .describe('Make features of all columns, or of these'),
};
const records = z.string().min(1).optional().describe('Where in a JSON reply the list of rows is, such as data.items');

const apiSource = z.strictObject({
  type: z.literal('api'),
  endpoint: z.url({ protocol: /^https?$/ }),
  refresh_interval: z.number().int().positive().describe('Seconds between two requests'),
  headers: z.record(z.string(), z.string()).optional().describe('A name in dollar braces is taken from the environment'),
  records,
  ...common,
});

const fileSource = z.strictObject({
  type: z.literal('file'),
  path: z.string().min(1).describe('Below the data directory unless absolute; /app/data is the data directory'),
  auto_reload: z.boolean().default(false).describe('Read again when it changes'),
  table: z.string().min(1).optional().describe('Which table of a database or dump'),
  ...common,
});

const streamSource = z.strictObject({
  type: z.literal('websocket'),
  url: z.url({ protocol: /^wss?$/ }),
  subscribe: z.string().optional().describe('Text that is sent after connecting'),
  records,
  ...common,
});

const dataSource = z.discriminatedUnion('type', [apiSource, fileSource, streamSource]);

/** `config/data_sources.yaml`: what is read besides the built-in sources, by dataset name. */
const dataSourcesSchema = z.strictObject({ data_sources: z.record(name, dataSource) });

export type DataSource = z.output<typeof dataSource>;
export type DataSources = Readonly<Record<string, DataSource>>;

export const DATA_SOURCES_FILE = 'config/data_sources.yaml';
const VARIABLE = /\$\{(\w+)\}/g;
const KNOWN_KEYS = ['data_sources', ...[apiSource, fileSource, streamSource, schema].flatMap(({ shape }) => Object.keys(shape))];

/** JSON Schema of `data_sources.yaml`, for editors. */
export const dataSourcesJsonSchema = () => z.toJSONSchema(dataSourcesSchema, { io: 'input' });

/** Everything that is wrong with the file, with `env` also which names it lacks; nothing where there is no file. */
export function checkDataSources(
  file: string = DATA_SOURCES_FILE,
  env?: Readonly<Record<string, string | undefined>>,
): ConfigProblem[] {
  return parseFile(file, env).problems;
}

/**
 * The declared sources by dataset, none where there is no file.
 * @param env fills `${NAME}` in texts @throws ConfigError `config.data_sources` that names the first wrong place
 */
export function readDataSources(
  env: Readonly<Record<string, string | undefined>>,
  file: string = DATA_SOURCES_FILE,
): DataSources {
  const { sources, problems } = parseFile(file, env);
  const [first] = problems;
  if (!first) return sources;
  throw new ConfigError('config.data_sources', `${file}: ${first.path}: ${first.message}`, {
    hint: 'See every problem with `ets config validate`.',
    details: { problems },
  });
}

function parseFile(
  file: string,
  env?: Readonly<Record<string, string | undefined>>,
): { sources: DataSources; problems: ConfigProblem[] } {
  if (!existsSync(file)) return { sources: {}, problems: [] };
  try {
    const missing: ConfigProblem[] = [];
    const content = substitute(parseYaml(readFileSync(file, 'utf8'), { logLevel: 'error' }), env, missing, []);
    const parsed = dataSourcesSchema.safeParse(content);
    if (parsed.success) return { sources: parsed.data.data_sources, problems: missing };
    return { sources: {}, problems: [...toProblems(parsed.error, KNOWN_KEYS), ...missing] };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    return { sources: {}, problems: [{ path: file, message: `not readable YAML: ${why}` }] };
  }
}

/** Names of the variables that the file mentions as `${NAME}`; none where it is not there. */
export function variablesOfDataSources(file: string = DATA_SOURCES_FILE): string[] {
  if (!existsSync(file)) return [];
  return [...readFileSync(file, 'utf8').matchAll(VARIABLE)].flatMap(([, name]) => name ?? []);
}

/** Fills `${NAME}` in every text, so that keys need not stand in the file. Without `env` texts stay as they are. */
function substitute(
  value: unknown,
  env: Readonly<Record<string, string | undefined>> | undefined,
  missing: ConfigProblem[],
  path: readonly string[],
): unknown {
  if (env === undefined) return value;
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (_, variable: string) => {
      const found = env[variable];
      if (found === undefined) missing.push({ path: path.join('.'), message: `${variable} is not set in the environment` });
      return found ?? '';
    });
  }
  if (Array.isArray(value)) return value.map((item, i) => substitute(item, env, missing, [...path, String(i)]));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, env, missing, [...path, key])]));
}
