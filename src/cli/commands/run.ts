import { Command } from 'commander';
import { withAction } from '../command.ts';
import { numberOption } from '../parse-options.ts';

export const run = (): Command =>
  withAction<{ days?: string }>(
    new Command('run')
      .description('the daemon: daily decisions, weekly trainings, open positions watched')
      .option('--live', 'trade with real money, where the configuration says so too')
      .option('--i-understand <account>', 'the number of the account that --live may use')
      .option('--days <n>', 'end when so many daily decisions are made in this data directory'),
    async ({ openApp, options, announce, signal }) => {
      const days = options.days === undefined ? undefined : numberOption('--days', options.days, { min: 1, integer: true });
      const app = await openApp();
      try {
        await app.run({
          days,
          onReady: (url) =>
            announce({ json: { url, pid: process.pid }, text: `ready${url ? ` on ${url}` : ''}, process ${process.pid}` }),
        });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      return undefined;
    },
  );
