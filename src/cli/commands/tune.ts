import { Command } from 'commander';
import { withAction } from '../command.ts';
import { numberOption, timeOption } from '../parse-options.ts';
import { tuneLines } from '../tune-lines.ts';

interface Options {
  trials: string;
  study?: string;
  learner?: string;
  space?: string;
  seed?: string;
  until?: string;
  days?: string;
  folds?: string;
}

const whole = (name: string, text: string | undefined, min: number): number | undefined =>
  text === undefined ? undefined : numberOption(name, text, { min, integer: true });

export const tune = (): Command =>
  withAction<Options>(
    new Command('tune')
      .description("search a learner's settings on the training window; the same study goes on where it stood")
      .requiredOption('--trials <n>', 'trials that the study should have in all')
      .option('--study <name>', 'name of the study (default: the learner)')
      .option('--learner <name>', 'gradient-boosted-trees (default), random-forest, extra-trees or logistic-regression')
      .option('--space <file>', 'a search space of your own, YAML')
      .option('--until <time>', 'use what was known then (default: now, or when the study began)')
      .option('--days <n>', 'days of decisions to search on')
      .option('--folds <n>', 'walk-forward folds of the later half')
      .option('--seed <n>', 'seed of every random choice'),
    async ({ openApp, options }) => {
      const request = {
        trials: numberOption('--trials', options.trials, { min: 1, max: 100_000, integer: true }),
        study: options.study,
        learner: options.learner,
        space: options.space,
        untilMs: options.until === undefined ? undefined : timeOption('--until', options.until),
        days: whole('--days', options.days, 60),
        folds: whole('--folds', options.folds, 2),
        seed: whole('--seed', options.seed, 0),
      };
      const result = await (await openApp()).tune(request);
      return { json: result, text: tuneLines(result).join('\n') };
    },
  );
