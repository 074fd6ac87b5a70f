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
      const { intervals, persistence, served, conformal, trading } = result;
      const within = ({ mean, low, high }: typeof intervals.logLoss) =>
        `${mean.toFixed(4)} (90 % interval ${low.toFixed(4)} to ${high.toFixed(4)})`;
      const against = (name: string, other: typeof served) =>
        other
          ? [`gain over ${name} on ${other.days} days: ${within(other.gain)}, Diebold-Mariano ${other.dieboldMariano.toFixed(2)}`]
          : [];
      const text = [
        ...(result.simulated ? ['SIMULATED'] : []),
        `${result.rows} days with model ${result.modelId}`,
        ...lines,
        ...Object.entries(intervals).map(([name, interval]) => `${name}: ${within(interval)}`),
        ...against('persistence', persistence),
        ...against('what was served', served),
        `prediction sets for ${100 * conformal.nominal} %: ${(100 * conformal.coverage).toFixed(1)} % held the truth, ${conformal.meanClasses.toFixed(2)} classes each`,
        `${trading.buySignals} BUY signals; net return a day, costs of ${100 * trading.costOfChange} % a change included: ${within(trading.netReturnPerDay)}`,
        result.skill.text,
        ...result.warnings,
      ];
      return { json: result, text: text.join('\n') };
    },
  );
