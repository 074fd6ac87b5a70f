import { Command } from 'commander';
import { withAction } from '../command.ts';
import { timeOption } from '../parse-options.ts';

export const evaluate = (): Command =>
  withAction<{ model?: string; start: string; end: string }>(
    new Command('evaluate')
      .description('metrics of one model on a period')
      .option('--model <id>', 'default: the current model')
      .requiredOption('--start <day>')
      .requiredOption('--end <day>'),
    async ({ openApp, options }) => {
      const startMs = timeOption('--start', options.start);
      const endMs = timeOption('--end', options.end);
      const result = await (await openApp()).evaluate({ modelId: options.model, startMs, endMs });
      const lines = Object.entries(result.metrics).map(
        ([name, value]) => `${name.padEnd(18)} ${typeof value === 'number' ? value.toFixed(4) : JSON.stringify(value)}`,
      );
      return {
        json: result,
        text: [`${result.rows} days with model ${result.modelId}`, ...lines, result.skill.text, ...result.warnings].join('\n'),
      };
    },
  );
