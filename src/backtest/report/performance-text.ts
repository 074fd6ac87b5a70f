import { count, counted, day, decimal, percent, signedPercent, usd } from './format.ts';
import type { ReportData } from './report-data.ts';
import { holdReturn, strategyReturn, verdictOf } from './verdict.ts';

/** The report's main figures for a terminal, under 25 lines. */
export function performanceText(data: ReportData): string {
  const { metrics, model } = data;
  const { headline, skill, money, certainty } = verdictOf(data);
  const interval =
    metrics.sharpeInterval === null ? '' : `  (95 %: ${metrics.sharpeInterval.map((x) => decimal(x, 2)).join(' to ')})`;
  const drawdownDays = metrics.maxDrawdownDays === null ? '' : `  (${counted(Math.round(metrics.maxDrawdownDays), 'day')})`;
  const won = metrics.winRate === null ? '' : `  (${percent(metrics.winRate, 0)} of closed ones won)`;
  const figures: readonly (readonly [string, string])[] = [
    ['equity', `${usd(data.startUsd)} -> ${usd(data.endUsd)}  (${signedPercent(strategyReturn(data))})`],
    ['buy-and-hold', `${usd(data.buyAndHoldUsd)}  (${signedPercent(holdReturn(data))})`],
    ['Sharpe ratio', `${decimal(metrics.sharpe, 2)}${interval}`],
    ['Sortino, Calmar', `${decimal(metrics.sortino, 2)}, ${decimal(metrics.calmar, 2)}`],
    ['max drawdown', `${percent(metrics.maxDrawdown)}${drawdownDays}`],
    ['deflated Sharpe', percent(metrics.deflatedSharpe)],
    ['exposure', percent(metrics.exposure)],
    ['trades', `${count(metrics.trades)}${won}`],
    ['fees', usd(data.feesUsd)],
    [
      'log loss',
      `${decimal(model.logLoss, 4)}  (class shares ${decimal(model.baselineLogLoss, 4)}, ${counted(model.days, 'day')})`,
    ],
    ['trainings', count(data.trainings.length)],
  ];
  const width = Math.max(...figures.map(([name]) => name.length));
  return [
    `${data.simulated ? 'SIMULATED: ' : ''}${data.title}`,
    `${day(data.periodStartMs)} to ${day(data.periodEndMs)}, ${counted(data.days.length, 'decision')}`,
    '',
    `${headline}. ${skill}`,
    money,
    certainty,
    '',
    ...figures.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
  ].join('\n');
}
