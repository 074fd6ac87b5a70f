import { type FeatureDefinition, type FeatureFamily, logOf, ofRow, overWindow, value } from '../feature-definition.ts';
import { mean, zScore } from '../statistics.ts';

/** Shapes that features of joined inputs (chain, staking, whales, sentiment) share. */
export interface JoinedFeatures {
  /** The input as it is, where it has no scale. */
  level(input: string, unit: string, what: string): FeatureDefinition;
  /** ln(input / input `days` before), of a positive input. */
  change(input: string, days: number, what: string): FeatureDefinition;
  /** input less input `days` before, where the input has no scale. */
  difference(input: string, days: number, unit: string, what: string): FeatureDefinition;
  /** ln(input) less its mean over `days`. */
  gap(input: string, days: number, what: string): FeatureDefinition;
  /** z-score of ln(input) over `days`. */
  logZ(input: string, days: number, what: string): FeatureDefinition;
  /** z-score of the input over `days`. */
  z(input: string, days: number, what: string): FeatureDefinition;
  /** Some number of one row. */
  row(
    name: string,
    unit: string,
    inputs: readonly string[],
    description: string,
    compute: (row: Readonly<Record<string, number>>) => number,
  ): FeatureDefinition;
}

export const joinedFeatures = (family: FeatureFamily): JoinedFeatures => ({
  level: (input, unit, what) => ofRow({ name: input, family, unit, description: `${what}.` }, [input], (row) => row[input]),
  change: (input, days, what) =>
    overWindow(
      { name: `${input}_change_${days}d`, family, unit: 'log ratio', description: `Change of ${what} over ${days} days.` },
      days + 1,
      [logOf(input)],
      (values) => values.newest - values.oldest,
    ),
  difference: (input, days, unit, what) =>
    overWindow(
      { name: `${input}_difference_${days}d`, family, unit, description: `Difference of ${what} to ${days} days before.` },
      days + 1,
      [value(input)],
      (values) => values.newest - values.oldest,
    ),
  gap: (input, days, what) =>
    overWindow(
      {
        name: `${input}_gap_${days}`,
        family,
        unit: 'log ratio',
        description: `Log of ${what} against its mean of ${days} days.`,
      },
      days,
      [logOf(input)],
      (values) => values.newest - mean(values),
    ),
  logZ: (input, days, what) =>
    overWindow(
      {
        name: `${input}_z_${days}`,
        family,
        unit: 'z-score',
        description: `Log of ${what} in standard deviations from its mean of ${days} days.`,
      },
      days,
      [logOf(input)],
      zScore,
    ),
  z: (input, days, what) =>
    overWindow(
      {
        name: `${input}_z_${days}`,
        family,
        unit: 'z-score',
        description: `${what} in standard deviations from its mean of ${days} days.`,
      },
      days,
      [value(input)],
      zScore,
    ),
  row: (name, unit, inputs, description, compute) => ofRow({ name, family, unit, description }, inputs, compute),
});
