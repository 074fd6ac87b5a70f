import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { timeOption } from '../parse-options.ts';

export const predict = (): Command =>
  withAction<{ at?: string }>(
    new Command('predict')
      .description('what would be decided at a time; changes nothing')
      .option('--at <time>', 'ISO time (default: now)'),
    async ({ openApp, options }) => {
      const app = await openApp();
      const result = await app.predict(options.at === undefined ? app.clock.nowMs() : timeOption('--at', options.at));
      const [buy, sell, hold] = result.probabilities.map((x) => `${(100 * x).toFixed(1)} %`);
      const text = [
        `${toIso(result.decisionTimeMs)}  ${result.label}, confidence ${result.confidence.toFixed(3)} -> ${result.action}`,
        `BUY ${buy}  SELL ${sell}  HOLD ${hold}  (model ${result.modelId})`,
        ...result.reasons.map((reason) => `- ${reason}`),
      ];
      return { json: result, text: text.join('\n') };
    },
  );
