import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';
import { explanationLines } from '../explanation-lines.ts';

export const replay = (): Command =>
  withAction<{ decision: string; explain?: boolean }>(
    new Command('replay')
      .description('make a past decision again from what was known then, and compare')
      .requiredOption('--decision <id>', 'as `ets journal` lists it')
      .option('--explain', 'what each recorded feature added to the probabilities of then'),
    async ({ openApp, options }) => {
      const app = await openApp();
      const result = await app.replay(options.decision);
      const explanation = options.explain ? await app.explainDecision(options.decision) : undefined;
      const lines = result.differences.map(
        ({ path, recorded, again }) => `${path}: recorded ${JSON.stringify(recorded)}, again ${JSON.stringify(again)}`,
      );
      const head = result.identical
        ? `${result.decisionId}: the same again`
        : `${result.decisionId}: ${lines.length} differences`;
      const dropped = result.droppedSince.map(
        ({ dataset, series, beforeMs }) => `rows of ${dataset} ${series} before ${toIso(beforeMs)} were dropped since`,
      );
      const explained = explanation ? explanationLines(explanation) : [];
      return {
        json: { ...result, ...(explanation && { explanation }) },
        text: [head, ...dropped, ...lines, ...explained].join('\n'),
      };
    },
  );
