import { Command } from 'commander';
import { withAction } from '../command.ts';

export const trade = (): Command =>
  withAction(
    new Command('trade')
      .description('the decision cycle of the latest scheduled time')
      .option('--live', 'trade with real money, where the configuration says so too')
      .option('--i-understand <account>', 'the number of the account that --live may use'),
    async ({ openApp }) => {
      const result = await (await openApp()).trade();
      const text = [
        `decision ${result.decisionId}: ${result.label ?? 'no prediction'} -> ${result.action}`,
        ...result.risk.reasons.map((reason) => `- ${reason}`),
        ...result.warnings.map((warning) => `Warning: ${warning}`),
        `${result.orders.length} orders, ${result.fills.length} fills, equity ${result.equityUsd} USDT (${result.mode})`,
      ];
      return { json: result, text: text.join('\n') };
    },
  );
