import { type Matrix, ModelError } from '../../domain/index.ts';
import { type JudgedDistance, judgeDistance, stretchStarts } from './own-stretches.ts';

/** Where the values of each feature lay in the training window; plain data. */
export interface FeatureReference {
  readonly names: readonly string[];
  /** Borders between bins of about equal shares, per feature; fewer where values repeat. */
  readonly borders: readonly Float64Array[];
  /** Share of each bin, then that of missing values, per feature. */
  readonly shares: readonly Float64Array[];
  /** Rows that are compared with the window at a time. */
  readonly recentRows: number;
  /** Mean stability index of each stretch of `recentRows` of the window itself against all of it, ascending. */
  readonly usual: Float64Array;
}

/** Its distance is the mean population stability index over the features. */
export interface FeatureDrift extends JudgedDistance {
  /** Features by their own index, highest first. */
  readonly features: readonly { readonly name: string; readonly stability: number }[];
}

const BINS = 5;
/** One month of daily decisions. */
const RECENT_ROWS = 30;

/** @param X training rows, ascending in time, with names @throws ModelError `drift.too_few_rows` */
export function fitFeatureReference(X: Matrix, recentRows = RECENT_ROWS): FeatureReference {
  if (X.rows < 2 * recentRows) {
    throw new ModelError('drift.too_few_rows', `${X.rows} rows are too few to know how stretches of ${recentRows} differ`, {
      details: { rows: X.rows, recentRows },
    });
  }
  const columns = Array.from({ length: X.columns }, (_, column) => columnOf(X, column, 0, X.rows));
  const borders = columns.map(equalBorders);
  const shares = columns.map((values, column) => sharesOf(values, borders[column]!));
  const reference = { names: X.names ?? columns.map((_, column) => `column ${column}`), borders, shares, recentRows };
  const starts = stretchStarts(X.rows, recentRows);
  return { ...reference, usual: Float64Array.from(starts, (from) => mean(stabilities(reference, X, from))).sort() };
}

/**
 * Population stability index of the newest rows against the training window, feature by feature. Slow features of a short
 * stretch always differ from a year, so the mean is judged by how much stretches of that year differed from it.
 * @param X the newest rows, ascending in time, the last `recentRows` of which count @throws ModelError `drift.columns_differ`
 */
export function measureFeatureDrift(reference: FeatureReference, X: Matrix): FeatureDrift {
  if (X.columns !== reference.borders.length || X.rows < reference.recentRows) {
    throw new ModelError(
      'drift.columns_differ',
      `drift is measured on ${reference.recentRows} rows of the features of the training`,
      {
        details: { rows: X.rows, columns: X.columns, needed: reference.recentRows, fitted: reference.borders.length },
      },
    );
  }
  const own = stabilities(reference, X, X.rows - reference.recentRows);
  const { usual } = reference;
  const value = mean(own);
  return {
    ...judgeDistance(value, usual),
    features: own
      .map((stability, column) => ({ name: reference.names[column]!, stability }))
      .sort((a, b) => b.stability - a.stability || (a.name < b.name ? -1 : 1)),
  };
}

/**
 * Sum over bins of (actual - expected) ln(actual / expected) (Siddiqi 2006), half a row in every bin beforehand so that
 * none is empty.
 */
function stabilities(
  { borders, shares, recentRows }: Pick<FeatureReference, 'borders' | 'shares' | 'recentRows'>,
  X: Matrix,
  from: number,
): number[] {
  return borders.map((own, column) => {
    const expected = shares[column]!;
    const actual = sharesOf(columnOf(X, column, from, recentRows), own);
    return expected.reduce((sum, share, bin) => sum + (actual[bin]! - share) * Math.log(actual[bin]! / share), 0);
  });
}

function sharesOf(values: Float64Array, borders: Float64Array): Float64Array {
  const counts = new Float64Array(borders.length + 2).fill(0.5);
  for (const value of values) {
    let bin = Number.isNaN(value) ? borders.length + 1 : 0;
    while (value > borders[bin]!) bin++;
    counts[bin]! += 1;
  }
  const total = values.length + 0.5 * counts.length;
  return counts.map((count) => count / total);
}

function equalBorders(values: Float64Array): Float64Array {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return new Float64Array(0);
  const at = Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)]!);
  return Float64Array.from(new Set(at.filter((border) => border < sorted.at(-1)!)));
}

const columnOf = ({ data, columns }: Matrix, column: number, from: number, rows: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[(from + i) * columns + column]!);

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
