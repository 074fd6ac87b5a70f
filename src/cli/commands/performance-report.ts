import { Command, Option } from 'commander';
import { withAction } from '../command.ts';

export const performanceReport = (): Command =>
  withAction<{ format: 'text' | 'html' | 'json'; output?: string }>(
    new Command('performance-report')
      .description('results of the trades so far')
      .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'html', 'json']).default('text'))
      .option('--output <file>', 'where the HTML goes'),
    async ({ openApp, options }) => {
      const result = await (await openApp()).performanceReport({ html: options.format === 'html', outputFile: options.output });
      return { json: result.document, text: options.format === 'json' ? JSON.stringify(result.document) : result.text };
    },
  );
