import { Command, Option } from 'commander';
import { ConfigError } from '../../domain/errors.ts';
import { withAction } from '../command.ts';

export const transfer = (): Command =>
  withAction<{ amount: string; asset: 'USDT' | 'ETH' }>(
    new Command('transfer')
      .description('journal money or Ether given to the system or taken from it by hand')
      .requiredOption('--amount <amount>', 'a decimal; negative: taken, as in --amount=-500')
      .addOption(new Option('--asset <asset>', 'what was moved').choices(['USDT', 'ETH']).default('USDT'))
      .option('--live', 'with real money, where the configuration says so too and no daemon runs')
      .option('--i-understand <account>', 'the number of the account that --live may use'),
    async ({ openApp, options }) => {
      const { amount, asset } = options;
      if (!/^-?\d+(\.\d+)?$/.test(amount) || Number(amount) === 0)
        throw new ConfigError('cli.invalid_amount', `expected a decimal amount, got "${amount}"`, {
          hint: 'Such as 500 or -0.25.',
        });
      const result = await (await openApp()).transfer({ asset, amount });
      return {
        json: result,
        text: `${amount} ${asset} at ${result.valueUsd} USDT; the system owns ${result.owned.eth} ETH and ${result.owned.usd} USDT`,
      };
    },
  );
