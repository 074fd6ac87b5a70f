import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

export const sources = (): Command => {
  const command = new Command('sources').description('where data come from: list, check');
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
  return command;
};
