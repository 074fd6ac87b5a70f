import { Command, Option } from 'commander';
import { ConfigError } from '../../domain/errors.ts';
import { withAction } from '../command.ts';
import { numberOption } from '../parse-options.ts';

interface Options {
  source: string;
  days: string;
  seed: string;
  edge: string;
  serve?: boolean;
}

/** The shipped world has next to nothing to find, as the real one, and a careful system then does not trade. */
const HINT = 'To see it trade, let the chain know more of the next day: ets demo --edge 0.3 --seed 3';

export const demo = (): Command =>
  withAction<Options>(
    new Command('demo')
      .description('the whole main job once, on a simulated market: extract, train, trade on paper, report')
      .option('--source <name>', 'sandbox', 'sandbox')
      .option('--days <n>', 'daily cycles', '60')
      .option('--seed <n>', 'seed of the simulated world', '1')
      .option('--edge <e>', "share of the next day's variance that chain data explains", '0.02')
      .addOption(new Option('--serve', 'not in this version').hideHelp()),
    async (context) => {
      const { options } = context;
      if (options.serve || options.source !== 'sandbox') {
        throw new ConfigError(
          'cli.not_in_this_version',
          `demo ${options.serve ? '--serve' : `--source ${options.source}`}: not in this version`,
        );
      }
      const days = numberOption('--days', options.days, { min: 1, max: 3650, integer: true });
      const seed = numberOption('--seed', options.seed, { min: 0, integer: true });
      const edge = numberOption('--edge', options.edge, { min: 0, max: 0.9 });
      const explicit = options.dataDir ?? process.env.ETS_DATA_DIR;
      const { DEFAULT_DATA_DIR } = await import('../open-cli-app.ts');
      const { runDemo } = await import('../../app/demo.ts');
      const { loadConfig } = await import('../../config/index.ts');
      const config = loadConfig({
        env: process.env,
        overrides: options.set,
        ...(options.config === undefined ? {} : { file: options.config }),
      });
      const result = await runDemo({
        days,
        seed,
        edge,
        config,
        dataDir: explicit ?? `${DEFAULT_DATA_DIR}/demo`,
        fresh: explicit === undefined,
        env: process.env,
        signal: context.signal,
        onProgress: (text, share) => context.progress.update(text, share),
      });
      const { decisions, equity } = result;
      const text = [
        `SIMULATED market, seed ${seed}: ${result.cycles} daily cycles, ${result.retrains} trainings, ${(result.durationMs / 1000).toFixed(1)} s`,
        `decisions: ${decisions.buy} buy, ${decisions.sell} sell, ${decisions.hold} hold; ${result.orders} orders, ${result.fills} fills`,
        `SIMULATED equity ${equity.startUsd} -> ${equity.endUsd} USDT, buy and hold ${equity.buyAndHoldUsd} (after costs)`,
        result.skill.text,
        `report: ${result.report}`,
        ...(result.orders === 0 && edge < 0.1 ? [HINT] : []),
      ];
      return { json: result, text: text.join('\n') };
    },
  );
