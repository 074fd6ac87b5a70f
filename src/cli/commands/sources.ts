import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

export const sources = (): Command => {
  const command = new Command('sources').description('where data come from: list, check, pull, propose');
  command.addCommand(
    withAction(new Command('list').description('configured sources and what is complete of each'), async ({ openApp }) => {
      const listed = await (await openApp()).listSources();
      const rows = listed.map(({ dataset, source, complete }) => {
        const [first, last] = [complete[0], complete.at(-1)];
        return [
          dataset,
          source,
          first ? toIso(first.startMs) : '-',
          last ? toIso(last.endMs) : '-',
          Math.max(0, complete.length - 1),
        ];
      });
      return { json: { sources: listed }, text: table(['dataset', 'source', 'complete from', 'until', 'holes'], rows) };
    }),
  );
  command.addCommand(
    withAction(
      new Command('check').description('asks every configured source one small question and compares the reply'),
      async ({ openApp }) => {
        const checked = await (await openApp()).checkSources();
        const rows = checked.map((x) => [x.name, x.status, x.host ?? '', x.latencyMs ?? '', x.differences.join('; ')]);
        const isWrong = checked.some(({ status }) => status === 'failed' || status === 'differs');
        return {
          json: { sources: checked },
          text: table(['source', 'status', 'host', 'ms', 'differences'], rows),
          exitCode: isWrong ? 4 : 0,
        };
      },
    ),
  );
  command.addCommand(
    withAction(
      new Command('pull').description('asks the sources of config/data_sources.yaml now').argument('[dataset]', 'only this one'),
      async ({ openApp }, dataset) => {
        const pulled = await (await openApp()).pullSources(dataset);
        const rows = pulled.map(({ dataset, status, reports, error }) => [
          dataset,
          status,
          reports.reduce((sum, { rows }) => sum + rows, 0),
          reports.reduce((sum, { stored }) => sum + stored, 0),
          reports.reduce((sum, { quarantined }) => sum + quarantined, 0),
          error?.message ?? '',
        ]);
        return {
          json: { sources: pulled },
          text: table(['dataset', 'status', 'rows', 'stored', 'quarantined', 'error'], rows),
          exitCode: pulled.some(({ status }) => status === 'failed') ? 4 : 0,
        };
      },
    ),
  );
  command.addCommand(
    withAction<{ name: string; timeColumn?: string; table?: string }>(
      new Command('propose')
        .description('how a file or address would be read, for data_sources.yaml; stores nothing')
        .argument('<place>', 'a file, or an http address')
        .option('--name <dataset>', 'name of the dataset', 'my_data')
        .option('--time-column <name>', 'which column holds the time')
        .option('--table <name>', 'which table of a database or dump'),
      async ({ openApp, options }, place = '') => {
        const { name, timeColumn, table: tableName } = options;
        const proposed = await (await openApp()).proposeSource(place, {
          dataset: name,
          ...(timeColumn !== undefined && { timeColumn }),
          ...(tableName !== undefined && { table: tableName }),
        });
        const { stringify } = await import('yaml');
        const origin = /^https?:/.test(place)
          ? { type: 'api', endpoint: place, refresh_interval: 3600 }
          : { type: 'file', path: place };
        const text = proposed.map((one) => {
          const declared = stringify({ data_sources: { [name]: { ...origin, schema: one.schema, as_features: true } } });
          const span = `${toIso(one.firstMs ?? 0)} to ${toIso(one.lastMs ?? 0)}`;
          return `# ${one.rows} rows, ${span}, ${one.quarantined} would be quarantined\n${one.warnings.map((w) => `# ${w}\n`).join('')}${declared}`;
        });
        return { json: { proposed }, text: text.join('\n') };
      },
    ),
  );
  return command;
};
