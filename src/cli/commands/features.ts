import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { timeOption } from '../parse-options.ts';
import { table } from '../table.ts';

export const features = (): Command => {
  const command = new Command('features').description('the feature table: build, list, show');
  command.addCommand(
    withAction(new Command('build').description('compute every feature for every stored decision day'), async ({ openApp }) => {
      const result = await (await openApp()).buildFeatures();
      return { json: result, text: `${result.rows} rows of ${result.features} features from ${result.canonical}` };
    }),
  );
  command.addCommand(
    withAction(new Command('list').description('the catalogue'), async ({ openApp }) => {
      const list = await (await openApp()).listFeatures();
      const rows = list.map((x) => [x.name, x.family, x.unit, x.lookback, x.description]);
      return { json: { features: list }, text: table(['name', 'family', 'unit', 'look-back', 'description'], rows) };
    }),
  );
  command.addCommand(
    withAction<{ at: string }>(
      new Command('show').description('one row as known at a time').requiredOption('--at <time>', 'ISO time'),
      async ({ openApp, options }) => {
        const atMs = timeOption('--at', options.at);
        const row = await (await openApp()).featuresAt(atMs);
        const text = `as of ${toIso(row.asOfMs)}\n${table(['feature', 'value'], Object.entries(row.features))}`;
        return { json: row, text };
      },
    ),
  );
  return command;
};
