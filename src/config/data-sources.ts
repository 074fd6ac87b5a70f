import { existsSync, readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { type ConfigProblem, toProblems } from './problems.ts';

const validationRule = z.union([
  z.strictObject({ min_value: z.number().min(0) }),
  z.strictObject({ max_value: z.number() }),
  z.strictObject({ max_age_hours: z.number().positive() }),
  z.strictObject({ required_columns: z.array(z.string()).min(1) }),
]);

const common = { validation_rules: z.array(validationRule).optional() };

const apiSource = z.strictObject({
  type: z.literal('api'),
  endpoint: z.url({ protocol: /^https?$/ }),
  refresh_interval: z.number().int().positive().describe('Seconds between two requests'),
  ...common,
});

const fileSource = z.strictObject({
  type: z.literal('file'),
  path: z.string().min(1),
  auto_reload: z.boolean().default(false),
  ...common,
});

const dataSource = z.discriminatedUnion('type', [apiSource, fileSource]);

/** `config/data_sources.yaml`: what is read besides the built-in sources, by dataset name. */
const dataSourcesSchema = z.strictObject({ data_sources: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), dataSource) });

const DATA_SOURCES_FILE = 'config/data_sources.yaml';

/** Everything that is wrong with the file; nothing where there is no file. */
export function checkDataSources(file: string = DATA_SOURCES_FILE): ConfigProblem[] {
  if (!existsSync(file)) return [];
  try {
    const parsed = dataSourcesSchema.safeParse(parseYaml(readFileSync(file, 'utf8')));
    return parsed.success
      ? []
      : toProblems(parsed.error, [
          'data_sources',
          'type',
          'endpoint',
          'refresh_interval',
          'validation_rules',
          'path',
          'auto_reload',
        ]);
  } catch (cause) {
    return [
      { path: file, message: `not readable YAML: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}` },
    ];
  }
}
