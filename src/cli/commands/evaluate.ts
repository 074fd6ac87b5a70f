import { Command } from 'commander';
import type { Worth } from '../../app/model-importance.ts';
import { CLASS_LABELS } from '../../domain/decision-class.ts';
import { withAction } from '../command.ts';
import { timeOption } from '../parse-options.ts';

/** Features below this many are left to --json. */
const SHOWN_FEATURES = 15;

function importanceLines({ families, features }: { readonly families: readonly Worth[]; readonly features: readonly Worth[] }) {
  const line = ({ name, rise, interval: [low, high] }: Worth) =>
    `  ${name.padEnd(32)} ${rise.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`;
  return ['log loss without (shuffled; 90 % interval):', ...families.map(line), ...features.slice(0, SHOWN_FEATURES).map(line)];
}

export const evaluate = (): Command =>
  withAction<{ model?: string; start: string; end: string; importance?: boolean }>(
    new Command('evaluate')
      .description('metrics of one model on a period')
      .option('--model <id>', 'default: the current model')
      .requiredOption('--start <day>')
      .requiredOption('--end <day>')
      .option('--importance', 'also shuffle each family and feature: how much worse is the model without'),
    async ({ openApp, options }) => {
      const startMs = timeOption('--start', options.start);
      const endMs = timeOption('--end', options.end);
      const result = await (await openApp()).evaluate({ modelId: options.model, startMs, endMs, importance: options.importance });
      const lines = Object.entries(result.metrics).map(
        ([name, value]) => `${name.padEnd(18)} ${typeof value === 'number' ? value.toFixed(4) : JSON.stringify(value)}`,
      );
      const { intervals, classShares, persistence, served, current, conformal, trading } = result;
      const { perClass, ...whole } = intervals;
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
        ...Object.entries(whole).map(([name, interval]) => `${name}: ${within(interval)}`),
        ...perClass.flatMap((scores, classIndex) =>
          Object.entries(scores).flatMap(([name, interval]) =>
            interval ? [`${name} of ${CLASS_LABELS[classIndex]}: ${within(interval)}`] : [],
          ),
        ),
        ...against('class shares', classShares),
        ...against('persistence', persistence),
        ...against('what was served', served),
        ...against('the current model', current),
        `prediction sets for ${100 * conformal.nominal} %: ${(100 * conformal.coverage).toFixed(1)} % held the truth, ${conformal.meanClasses.toFixed(2)} classes each`,
        `${trading.buySignals} BUY signals; net return a day, costs of ${100 * trading.costOfChange} % a change included: ${within(trading.netReturnPerDay)}`,
        result.skill.text,
        ...(result.importance ? importanceLines(result.importance) : []),
        ...result.warnings,
      ];
      return { json: result, text: text.join('\n') };
    },
  );
