import { Command } from 'commander';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

export const checkStatus = (): Command =>
  withAction<{ strict?: boolean }>(
    new Command('check-status')
      .description('health of every part and what to do about it')
      .option('--strict', 'exit 1 for whatever is not ok, not only for what is down'),
    async ({ openApp, options }) => {
      const result = await (await openApp()).checkStatus();
      const text = `${result.status}\n${table(
        ['check', 'status', 'detail', 'what to do'],
        result.checks.map((x) => [x.name, x.status, x.detail, x.remedy ?? '']),
      )}`;
      const isBad = options.strict === true ? result.status !== 'ok' : result.status === 'down';
      return { json: result, text, exitCode: isBad ? 1 : 0 };
    },
  );
