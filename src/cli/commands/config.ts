import { Command } from 'commander';
import type { ConfigProblem } from '../../config/index.ts';
import { withAction } from '../command.ts';
import type { GlobalOptions } from '../command-types.ts';

const inputs = (options: GlobalOptions) => ({
  env: process.env,
  overrides: options.set,
  ...(options.config === undefined ? {} : { file: options.config }),
});

const lines = (kind: string, found: readonly ConfigProblem[]): string[] =>
  found.map(({ path, message }) => `${kind}${path}: ${message}`);

export const config = (): Command => {
  const command = new Command('config').description('the effective configuration: validate, show, schema');
  command.addCommand(
    withAction(
      new Command('validate')
        .description('everything that is wrong or unwise in the configuration; exit code 2 where something is wrong')
        .option('--live', 'judge it as for `ets run --live`')
        .option('--i-understand <account>', 'the number of the account that --live may use'),
      async ({ options }) => {
        const { dataDirOf } = await import('../open-cli-app.ts');
        const { validateConfig } = await import('../../app/config-review/validate-config.ts');
        const { problems, warnings } = await validateConfig({
          ...inputs(options),
          dataDir: dataDirOf(options),
          envFile: options.env,
          liveAccount: options.live === true ? options.iUnderstand : undefined,
        });
        const ok = problems.length === 0;
        const text = [...(ok ? ['the configuration is valid'] : lines('', problems)), ...lines('warning: ', warnings)].join('\n');
        return { json: { ok, problems, warnings }, text, exitCode: ok ? 0 : 2 };
      },
    ),
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
