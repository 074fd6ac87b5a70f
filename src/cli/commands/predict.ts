import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { explanationLines } from '../explanation-lines.ts';
import { timeOption } from '../parse-options.ts';

export const predict = (): Command =>
  withAction<{ at?: string; explain?: boolean }>(
    new Command('predict')
      .description('what would be decided at a time; changes nothing')
      .option('--at <time>', 'ISO time (default: now)')
      .option('--explain', 'what each feature added to the probabilities'),
    async ({ openApp, options }) => {
      const app = await openApp();
      const atMs = options.at === undefined ? app.clock.nowMs() : timeOption('--at', options.at);
      const result = await app.predict(atMs);
      const explanation = options.explain ? await app.explainPrediction(atMs) : undefined;
      const [buy, sell, hold] = result.probabilities.map((x) => `${(100 * x).toFixed(1)} %`);
      const text = [
        `${toIso(result.decisionTimeMs)}  ${result.label}, confidence ${result.confidence.toFixed(3)} -> ${result.action}`,
        `BUY ${buy}  SELL ${sell}  HOLD ${hold}  (model ${result.modelId})`,
        ...(result.predictionSet
          ? [
              `not ruled out at ${100 * result.predictionSet.coverage} %: ${result.predictionSet.classes.join(', ') || 'nothing it knows'}`,
            ]
          : []),
        ...result.reasons.map((reason) => `- ${reason}`),
        ...result.warnings.map((warning) => `Warning: ${warning}`),
        ...(explanation ? explanationLines(explanation) : []),
      ];
      return { json: { ...result, ...(explanation && { explanation }) }, text: text.join('\n') };
    },
  );
