import { type CustomColumn, customInputName } from '../custom-column.ts';
import { type FeatureDefinition, ofRow, overWindow, value } from '../feature-definition.ts';
import { zScore } from '../statistics.ts';

/** Features of a numeric column of a dataset that the user added: its level as known, its change in a day, its z-score over 30 days. */
export function customFeatures(column: CustomColumn): readonly FeatureDefinition[] {
  const input = customInputName(column);
  const family = 'custom' as const;
  const unit = `${column.column} of ${column.dataset}`;
  return [
    ofRow({ name: input, family, unit, description: `${unit}, as known.` }, [input], (row) => row[input]),
    overWindow(
      { name: `${input}_difference_1d`, family, unit, description: `Difference of ${unit} to the day before.` },
      2,
      [value(input)],
      (values) => values.newest - values.oldest,
    ),
    overWindow(
      { name: `${input}_z_30`, family, unit: 'z-score', description: `${unit} in standard deviations from its mean of 30 days.` },
      30,
      [value(input)],
      zScore,
    ),
  ];
}
