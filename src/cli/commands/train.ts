import { Command } from 'commander';
import { withAction } from '../command.ts';
import { numberOption, timeOption } from '../parse-options.ts';

interface Options {
  until?: string;
  days?: string;
  seed?: string;
  study: string[];
  fetch: boolean;
}

export const train = (): Command =>
  withAction<Options>(
    new Command('train')
      .description('train the ensemble on the last year and deploy it if it is better')
      .option('--until <time>', 'train on what was known then (default: now)')
      .option('--days <n>', 'days of decisions to train on')
      .option('--seed <n>', 'seed of every random choice')
      .option('--study <name>', 'take the best settings of a study; repeatable', (name, all: string[]) => [...all, name], [])
      .option('--no-fetch', 'do not fetch missing history'),
    async ({ openApp, options }) => {
      const app = await openApp();
      const result = await app.train({
        untilMs: options.until === undefined ? undefined : timeOption('--until', options.until),
        days: options.days === undefined ? undefined : numberOption('--days', options.days, { min: 60, integer: true }),
        seed: options.seed === undefined ? undefined : numberOption('--seed', options.seed, { min: 0, integer: true }),
        studies: options.study,
        fetch: options.fetch,
      });
      const { metrics, baseline, gate } = result;
      const text = [
        `model ${result.modelId}: ${result.rows} days, ${result.features} features, ${(result.durationMs / 1000).toFixed(1)} s`,
        `walk-forward log loss ${metrics.logLoss?.toFixed(4) ?? '-'} (class shares ${baseline.logLoss?.toFixed(4) ?? '-'}), accuracy ${metrics.accuracy?.toFixed(3) ?? '-'}`,
        ...result.dropped.map((why) => `left out ${why}`),
        `${gate.decision}: ${gate.reason}`,
        ...result.warnings.map((warning) => `Warning: ${warning}`),
      ];
      return { json: result, text: text.join('\n') };
    },
  );
