import { Command } from 'commander';
import { ConfigError } from '../../domain/errors.ts';
import { withAction } from '../command.ts';
import type { CommandContext, CommandResult } from '../command-types.ts';
import { daysOption, numberOption, timeOption } from '../parse-options.ts';

interface Options {
  start?: string;
  end?: string;
  retrainEvery: string;
  trainDays?: string;
  output?: string;
  candles?: string;
  signals?: string;
  feeBps?: string;
  slippageBps?: string;
  capital?: string;
  filters: boolean;
}

export const backtest = (): Command =>
  withAction<Options>(
    new Command('backtest')
      .description('walk forward with retraining over stored data, or run fixed signals over a candle file')
      .option('--start <day>', 'first decision day')
      .option('--end <day>', 'last decision day')
      .option('--retrain-every <days>', 'days between trainings', '7d')
      .option('--train-days <n>', 'days of decisions per training')
      .option('--output <file>', 'CSV with one line a cycle')
      .option('--candles <file>', 'candle file for fixed signals')
      .option('--signals <file>', 'CSV timeMs,target')
      .option('--fee-bps <n>', 'fee per side')
      .option('--slippage-bps <n>', 'slippage per side')
      .option('--capital <usd>', 'starting capital')
      .option('--no-filters', 'no venue rounding'),
    async (context) =>
      context.options.candles !== undefined || context.options.signals !== undefined
        ? fixedSignals(context)
        : walkForward(context),
  );

async function walkForward({ openApp, options }: CommandContext<Options>): Promise<CommandResult> {
  if (options.start === undefined || options.end === undefined) {
    throw new ConfigError('cli.usage', 'backtest needs --start and --end, or --candles and --signals', {
      hint: 'See `ets backtest --help`.',
    });
  }
  const startMs = timeOption('--start', options.start);
  const endMs = timeOption('--end', options.end);
  const result = await (await openApp()).backtest({
    startMs,
    endMs,
    retrainEveryDays: daysOption('--retrain-every', options.retrainEvery),
    trainDays:
      options.trainDays === undefined ? undefined : numberOption('--train-days', options.trainDays, { min: 60, integer: true }),
    costs: costOptions(options),
    outputFile: options.output,
  });
  const { equity, metrics, model, skill } = result;
  const text = [
    `${result.cycles} decisions, ${result.retrains} trainings, ${result.trades} trades, ${result.feesUsd} USDT fees`,
    `equity ${equity.startUsd} -> ${equity.endUsd} USDT (buy and hold ${equity.buyAndHoldUsd}), Sharpe ${metrics.sharpe?.toFixed(2) ?? '-'}, max drawdown ${percent(metrics.maxDrawdown)}`,
    `log loss ${model.logLoss?.toFixed(4) ?? '-'} against ${model.baselineLogLoss?.toFixed(4) ?? '-'} of class shares`,
    skill.text,
    `report: ${result.report}`,
  ];
  return { json: result, text: text.join('\n') };
}

async function fixedSignals({ openApp, options }: CommandContext<Options>): Promise<CommandResult> {
  if (options.candles === undefined || options.signals === undefined) {
    throw new ConfigError('cli.usage', '--candles and --signals belong together', { hint: 'See `ets backtest --help`.' });
  }
  const result = await (await openApp()).backtestSignals({
    candlesFile: options.candles,
    signalsFile: options.signals,
    costs: costOptions(options),
    filters: options.filters,
  });
  const text = `${result.bars} bars, ${result.trades} trades, equity ${result.equity.startUsd} -> ${result.equity.endUsd} USDT, ${Math.round(result.engineMs)} ms`;
  return { json: result, text };
}

const costOptions = ({ feeBps, slippageBps, capital }: Options) => ({
  feeBps: feeBps === undefined ? undefined : numberOption('--fee-bps', feeBps, { min: 0, max: 500 }),
  slippageBps: slippageBps === undefined ? undefined : numberOption('--slippage-bps', slippageBps, { min: 0, max: 500 }),
  capitalUsd: capital === undefined ? undefined : String(numberOption('--capital', capital, { min: 1 })),
});

const percent = (fraction: number | null): string => (fraction === null ? '-' : `${(100 * fraction).toFixed(1)} %`);
