import { Command } from 'commander';
import { withAction } from '../command.ts';
import { numberOption, timeOption } from '../parse-options.ts';

interface Options {
  port: string;
  seed: string;
  start: string;
  speed: string;
  edge: string;
  fault: readonly string[];
}

export const sandbox = (): Command =>
  withAction<Options>(
    new Command('sandbox')
      .description('a simulated market and chain on loopback, in the real wire formats, until Ctrl-C')
      .option('--port <n>', 'control port; 0 picks a free one', '0')
      .option('--seed <n>', 'seed of the world', '1')
      .option('--start <time>', 'where its time starts', '2024-01-01')
      .option('--speed <x>', 'world seconds per second; 0 stands still until it is moved', '1')
      .option('--edge <e>', "share of the next day's variance that chain data explains", '0.02')
      .option(
        '--fault <fault>',
        'source:kind[=value][@rate]; repeatable',
        (value: string, before: readonly string[]) => [...before, value],
        [],
      ),
    async ({ options, signal }) => {
      const { startSandbox } = await import('../../sandbox/index.ts');
      const box = await startSandbox({
        port: numberOption('--port', options.port, { min: 0, max: 65535, integer: true }),
        seed: numberOption('--seed', options.seed, { min: 0, integer: true }),
        startMs: timeOption('--start', options.start),
        speed: numberOption('--speed', options.speed, { min: 0, max: 1_000_000 }),
        edge: numberOption('--edge', options.edge, { min: 0, max: 0.9 }),
        faults: [...options.fault],
      });
      process.stdout.write(`${JSON.stringify({ urls: box.urls })}\n`);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      await box.close();
      return { json: undefined, text: '' };
    },
  );
