import { Command } from 'commander';
import { toIso } from '../../domain/time.ts';
import { withAction } from '../command.ts';

export const replay = (): Command =>
  withAction<{ decision: string }>(
    new Command('replay')
      .description('make a past decision again from what was known then, and compare')
      .requiredOption('--decision <id>', 'as `ets journal` lists it'),
    async ({ openApp, options }) => {
      const result = await (await openApp()).replay(options.decision);
      const lines = result.differences.map(
        ({ path, recorded, again }) => `${path}: recorded ${JSON.stringify(recorded)}, again ${JSON.stringify(again)}`,
      );
      const head = result.identical
        ? `${result.decisionId}: the same again`
        : `${result.decisionId}: ${lines.length} differences`;
      const dropped = result.droppedSince.map(
        ({ dataset, series, beforeMs }) => `rows of ${dataset} ${series} before ${toIso(beforeMs)} were dropped since`,
      );
      return { json: result, text: [head, ...dropped, ...lines].join('\n') };
    },
  );
