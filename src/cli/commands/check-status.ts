import { Command } from 'commander';
import { withAction } from '../command.ts';
import { table } from '../table.ts';

export const checkStatus = (): Command =>
  withAction(new Command('check-status').description('health of every part and what to do about it'), async ({ openApp }) => {
    const result = await (await openApp()).checkStatus();
    const text = `${result.status}\n${table(
      ['check', 'status', 'detail', 'what to do'],
      result.checks.map((x) => [x.name, x.status, x.detail, x.remedy ?? '']),
    )}`;
    return { json: result, text, exitCode: result.status === 'down' ? 1 : 0 };
  });
