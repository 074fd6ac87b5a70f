import { Command } from 'commander';
import { withAction } from '../command.ts';

export const halt = (): Command =>
  withAction<{ reason: string }>(
    new Command('halt').description('stop new risk until `ets resume`').option('--reason <text>', 'why', 'by hand'),
    async ({ openApp, options }) => {
      const current = await (await openApp()).halt('command line', options.reason);
      return { json: { halted: true, ...current }, text: `trading is halted: ${current.why}` };
    },
  );

export const resume = (): Command =>
  withAction(new Command('resume').description('allow new risk again'), async ({ openApp }) => {
    const before = await (await openApp()).resume();
    return {
      json: { halted: false, before: before ?? null },
      text: before ? `resumed; it was halted: ${before.why}` : 'trading was not halted',
    };
  });

export const flatten = (): Command =>
  withAction(
    new Command('flatten')
      .description('halt, cancel what is open and sell what is held')
      .option('--live', 'with real money, where the configuration says so too and no daemon runs')
      .option('--i-understand <account>', 'the number of the account that --live may use'),
    async ({ openApp }) => {
      const { halt: current, orders, positionEth } = await (await openApp()).flatten('command line');
      return {
        json: { halted: true, why: current.why, orders, position: { eth: positionEth } },
        text:
          positionEth === null
            ? 'trading is halted; the running daemon sells what is held within seconds'
            : `trading is halted; ${orders.length} orders; ${positionEth} ETH are held`,
      };
    },
  );
