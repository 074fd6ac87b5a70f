import { Command } from 'commander';
import { withAction } from '../command.ts';
import type { GlobalOptions } from '../command-types.ts';

const inputs = (options: GlobalOptions) => ({
  env: process.env,
  overrides: options.set,
  ...(options.config === undefined ? {} : { file: options.config }),
});

export const config = (): Command => {
  const command = new Command('config').description('the effective configuration: validate, show, schema');
  command.addCommand(
    withAction(new Command('validate').description('everything that is wrong with the configuration'), async ({ options }) => {
      const { checkConfig, checkDataSources } = await import('../../config/index.ts');
      const problems = [...checkConfig(inputs(options)).problems, ...checkDataSources()];
      const text =
        problems.length === 0 ? 'the configuration is valid' : problems.map((x) => `${x.path}: ${x.message}`).join('\n');
      return { json: { ok: problems.length === 0, problems }, text, exitCode: problems.length === 0 ? 0 : 2 };
    }),
  );
  command.addCommand(
    withAction(new Command('show').description('the effective configuration'), async ({ options }) => {
      const { loadConfig } = await import('../../config/index.ts');
      const effective = loadConfig(inputs(options));
      return { json: effective, text: JSON.stringify(effective, null, 2) };
    }),
  );
  command.addCommand(
    withAction<{ dataSources?: boolean }>(
      new Command('schema').description('JSON Schema for editors').option('--data-sources', 'that of data_sources.yaml'),
      async ({ options }) => {
        const { configJsonSchema, dataSourcesJsonSchema } = await import('../../config/index.ts');
        const schema = options.dataSources ? dataSourcesJsonSchema() : configJsonSchema();
        return { json: schema, text: JSON.stringify(schema, null, 2) };
      },
    ),
  );
  return command;
};
