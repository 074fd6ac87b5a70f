import type { App } from '../app.ts';

type TuneResult = Awaited<ReturnType<App['tune']>>;

const percent = (share: number | null): string => (share === null ? 'not known' : `${Math.round(100 * share)} %`);

/** What a search came to, for people. */
export function tuneLines(result: TuneResult): string[] {
  const { best, defaults, trials, searchedTrials } = result;
  const others = searchedTrials > trials ? ' of all studies' : '';
  return [
    `study ${result.study}: ${trials} trials, ${result.finished} on every fold${result.stopped === 'nothing_gained' ? '; stopped, as nothing was gained' : ''}`,
    `best: trial ${best.trial}, log loss ${best.value.toFixed(4)} (class shares ${best.baseline.toFixed(4)}${defaults ? `, shipped settings ${defaults.value.toFixed(4)}` : ''})`,
    ...Object.entries(best.params).map(
      ([name, value]) =>
        `  ${name}: ${value}${result.importance ? `, ${percent(result.importance[name] ?? 0)} of the difference` : ''}`,
    ),
    `use them once with \`ets train --study ${result.study}\`, or always by model.learners in the configuration`,
    `probability that the search fitted noise: ${percent(result.overfittingProbability)}`,
    result.deflatedSharpe === null
      ? 'these settings would not have traded'
      : `probability that their Sharpe ratio is above 0, after ${searchedTrials} trials${others}: ${percent(result.deflatedSharpe)}`,
    ...(result.simulated ? ['SIMULATED'] : []),
  ];
}
